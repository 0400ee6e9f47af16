/** The errors that callers are told of, and in which words. */
export { type ApplicationError, catalogue, type Description, describe } from "./Catalogue.ts"
export { challengesOf } from "./Challenge.ts"
export type { Kind } from "./Entry.ts"
export { formatIssues } from "./Issues.ts"
