import { Result } from "effect"
import { IdempotencyConflict } from "../../../application/ports/Idempotency.ts"
import type { TransactionId } from "../../../domain/ids/index.ts"
import type { Transaction } from "../../../domain/ledger/index.ts"
import type { Answer, Request } from "./Admission.ts"
import type { StoredAnswer } from "./Rows.ts"

/** The transactions that stored answers are made of. */
export const transactionsIn = (answers: ReadonlyMap<string, StoredAnswer>): ReadonlySet<TransactionId> => {
  const ids = new Set<TransactionId>()
  for (const { outcome } of answers.values())
    if (Result.isSuccess(outcome) && typeof outcome.success === "string") ids.add(outcome.success)
  return ids
}

/** What a request gets whose key has an answer already: that answer, or a conflict if it asks for something else. */
export const replayOf = (
  request: Request,
  { fingerprint, outcome }: StoredAnswer,
  transactions: ReadonlyMap<TransactionId, Transaction.Transaction>
): Answer => {
  if (fingerprint !== request.first.fingerprint) return Result.fail(new IdempotencyConflict({ key: request.key }))
  if (Result.isFailure(outcome)) return Result.fail(outcome.failure)
  const receipt = outcome.success
  if (typeof receipt !== "string") return Result.succeed(receipt)
  const transaction = transactions.get(receipt)
  // INV-9: the audit looks for such an answer too.
  if (transaction === undefined) throw new Error(`an answer names the transaction ${receipt}, which is not stored`)
  return Result.succeed({ _tag: "TransactionPosted", transaction })
}
