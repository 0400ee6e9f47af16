import { Effect, type Result } from "effect"
import type { Receipt } from "../../domain/ledger/index.ts"
import type { Instruction, SubmitError } from "./Ledger.ts"

/** What one instruction of several was answered. */
export type SubmitOutcome = Result.Result<Receipt.Receipt, SubmitError>

/** Submits each by itself, in order and without waiting for the one before, and answers each in its place. */
export type SubmitMany = (instructions: ReadonlyArray<Instruction>) => Effect.Effect<ReadonlyArray<SubmitOutcome>>

/** `submitMany` of a ledger that has nothing better than its `submit`, of which at most so many are under way at a time. */
export const submitEach =
  (
    submit: (instruction: Instruction) => Effect.Effect<Receipt.Receipt, SubmitError>,
    concurrency: number
  ): SubmitMany =>
  (instructions) =>
    Effect.forEach(instructions, (instruction) => Effect.result(submit(instruction)), { concurrency })
