import type { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import { type Instant, LocalDate } from "../../../domain/calendar/index.ts"
import { AccountId, HoldId, TransactionId, TypedId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import type { Occasion } from "./apply.ts"

/** One request of a sequence: steps of one batch have one time, which never goes back from batch to batch. */
export interface Step {
  readonly batch: number
  readonly key: IdempotencyKey
  readonly command: Command.Command
  readonly occasion: Occasion
}

const bytesOf = (number: number): Uint8Array => TypedId.uuidV7(number, new Uint8Array(TypedId.randomByteLength))

const accountIds = new Map<number, AccountId>()

/** The id of the account of this number, from 0. */
export const accountId = (number: number): AccountId => {
  const known = accountIds.get(number)
  if (known !== undefined) return known
  const id = AccountId.make(TypedId.fromBytes("acc", bytesOf(number)))
  accountIds.set(number, id)
  return id
}

/** The id of the transaction that the step of this index makes, if it makes one. */
export const transactionId = (index: number): TransactionId =>
  TransactionId.make(TypedId.fromBytes("txn", bytesOf(index)))

/** The id of the hold that the step of this index makes, if it makes one. */
export const holdId = (index: number): HoldId => HoldId.make(TypedId.fromBytes("hold", bytesOf(index)))

/** Random commands are linked up to so many. */
export const linkedMax = 40

/** What linked commands make has numbers from here on, which no other step has. */
const linkedFirst = 10_000_000

const idsOf = (number: number) => ({ transactionId: transactionId(number), holdId: holdId(number) })

/** When the step of this index does its command: the business date is the UTC date of its time. */
export const occasionOf = (index: number, now: Instant.Instant, command: Command.Command): Occasion => ({
  now,
  ...idsOf(index),
  businessDate: LocalDate.fromInstant(now),
  ...(command._tag === "Linked"
    ? { linked: command.commands.map((_, place) => idsOf(linkedFirst + index * linkedMax + place)) }
    : {})
})
