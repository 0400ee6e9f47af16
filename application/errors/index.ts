/** The errors that callers are told of, and in which words. */
export { type ApplicationError, catalogue, type Description, describe, type Kind } from "./Catalogue.ts"
export { challengesOf } from "./Challenge.ts"
export { formatIssues } from "./Issues.ts"
