export { defaultDataDir, layout } from "./DataDir.ts"
export { EmbeddedPostgres, layer, type Options, type Running, start } from "./EmbeddedPostgres.ts"
export * from "./errors.ts"
