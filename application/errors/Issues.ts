import { SchemaIssue } from "effect"

/** Says what a Schema found wrong, the same words at every edge: a list of messages, each with its path. */
export const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "MissingKey":
        return "Required"
      case "UnexpectedKey":
        return "Unknown field"
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  }
})
