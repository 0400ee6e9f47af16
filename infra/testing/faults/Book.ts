/** The requests of a run and what was answered to them, as their senders know it. */
import { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import type { Instruction } from "../../../application/ports/Ledger.ts"
import type { Hold, Receipt, Transaction } from "../../../domain/ledger/index.ts"
import { canonical } from "../reference/canonical.ts"
import type { Reply } from "./Wire.ts"

/** A request, which may be sent any number of times. */
export interface Asked {
  readonly instruction: Instruction
  /** Is the key another request's, decided before? Then the answer must be a conflict. */
  readonly isConflict: boolean
  /** The first answer that decides it, as text; undefined before. */
  answer: string | undefined
  receipt: Receipt.Receipt | undefined
  /** Times that it was sent, and that nothing decisive came of it. */
  sent: number
  lost: number
}

export interface Book {
  readonly asked: ReadonlyArray<Asked>
  readonly ask: (command: Instruction["command"]) => Asked
  readonly askConflict: (of: Asked, command: Instruction["command"]) => Asked
  /** Takes a reply: does it decide the request? Throws if it is not what was answered before. */
  readonly take: (asked: Asked, reply: Exclude<Reply, { readonly _tag: "Done" }>) => boolean
  readonly transactions: ReadonlyMap<string, Transaction.Transaction>
  readonly holds: ReadonlyMap<string, Hold.Hold>
}

/** Errors that decide nothing: send the request again. */
export const isUndecided = (tag: string): boolean => tag === "LedgerUnavailable" || tag === "LedgerOverloaded"

export const newBook = (): Book => {
  const asked: Array<Asked> = []
  const transactions = new Map<string, Transaction.Transaction>()
  const holds = new Map<string, Hold.Hold>()

  const add = (instruction: Instruction, isConflict: boolean): Asked => {
    const added: Asked = { instruction, isConflict, answer: undefined, receipt: undefined, sent: 0, lost: 0 }
    asked.push(added)
    return added
  }

  const learn = (request: Asked, receipt: Receipt.Receipt): void => {
    request.receipt = receipt
    if (receipt._tag === "TransactionPosted") transactions.set(receipt.transaction.id, receipt.transaction)
    if (receipt._tag === "HoldChanged" && !holds.has(receipt.hold.id)) holds.set(receipt.hold.id, receipt.hold)
  }

  return {
    asked,
    transactions,
    holds,
    ask: (command) => add({ key: IdempotencyKey.make(`faults:${asked.length}`), command }, false),
    askConflict: (of, command) => add({ key: of.instruction.key, command }, true),
    take: (request, reply) => {
      if (reply._tag === "Refused" && isUndecided(reply.tag)) {
        request.lost += 1
        return false
      }
      const text = reply._tag === "Accepted" ? canonical(reply.receipt) : reply.text
      const { key } = request.instruction
      if (request.isConflict !== (reply._tag === "Refused" && reply.tag === "IdempotencyConflict"))
        throw new Error(`${key}, ${request.isConflict ? "" : "not "}a conflict, was answered ${text}`)
      if (request.answer !== undefined && request.answer !== text)
        throw new Error(`${key} was answered ${request.answer} and then ${text}`)
      const isFirst = request.answer === undefined
      request.answer = text
      if (isFirst && reply._tag === "Accepted") learn(request, reply.receipt)
      return true
    }
  }
}
