/** Who signs the bank's tree heads. */
export * as HeadSigner from "./HeadSigner.ts"
