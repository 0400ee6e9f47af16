/** Between what edges send and receive and the values of use cases. */
export { decoder, encoder } from "./Codec.ts"
