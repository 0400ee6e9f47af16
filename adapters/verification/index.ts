/** Who checks that people are who they say. */
export * as ManualReview from "./ManualReview.ts"
