/** What a step of the check found; `note` is shown beside a step that passed. */
export interface Outcome {
  readonly passed: boolean
  readonly output: string
  readonly note?: string
}
