export { layer } from "./Ids.ts"
export { seeded } from "./Seeded.ts"
