import { Result } from "effect"
import type { Instant } from "../calendar/index.ts"
import { type Book, type DraftBook, draftOf } from "./Book.ts"
import type { Command } from "./Command.ts"
import { decide, type Occasion } from "./Decide.ts"
import type { Hold } from "./Hold.ts"
import { type Receipt, receiptOf } from "./Receipt.ts"
import type { Rejection } from "./Rejection.ts"
import { expire } from "./Reserving.ts"

/** A batch as decided: one outcome per command in order, and the draft that holds everything to be written. */
export interface DecidedBatch {
  readonly outcomes: ReadonlyArray<Result.Result<Receipt, Rejection>>
  readonly draft: DraftBook
}

/**
 * Expires the due holds, then decides the commands in order, each seeing the effect of all before it. `book` must know
 * every id that the commands reference.
 */
export const decideBatch = (
  book: Book,
  dueHolds: ReadonlyArray<Hold>,
  commands: ReadonlyArray<{ readonly command: Command; readonly occasion: Occasion }>,
  now: Instant.Instant
): DecidedBatch => {
  const draft = draftOf(book)
  for (const hold of dueHolds) draft.apply(expire(draft, hold, now))
  const outcomes = commands.map(({ command, occasion }): Result.Result<Receipt, Rejection> => {
    const decided = decide(draft, command, occasion)
    if (Result.isFailure(decided)) return Result.fail(decided.failure)
    const receipt = receiptOf(command, decided.success)
    if (receipt === undefined) throw new Error(`no receipt for ${command._tag}`)
    draft.apply(decided.success)
    return Result.succeed(receipt)
  })
  return { outcomes, draft }
}
