/**
 * Many movements of money in one request. `all_or_nothing`: one decision under the batch's key (INV-44). `independent`:
 * each item is submitted in order under a key of its own (`itemKeyOf`), so a batch that is sent again is answered item by
 * item as before, does what was left undone, and an item that was changed meanwhile is an IdempotencyConflict.
 */
import { Effect, Result, Schema } from "effect"
import { Command, Rejection } from "../../domain/ledger/index.ts"
import { describe } from "../errors/index.ts"
import { type IdempotencyKey, itemKeyOf } from "../ports/Idempotency.ts"
import { Ledger, type SubmitError } from "../ports/Ledger.ts"
import type { SubmitOutcome } from "../ports/SubmitMany.ts"
import { Deposit, depositPost } from "./Deposit.ts"
import { TransactionView, transactionView } from "./TransactionView.ts"
import { isBetweenTwo, Transfer, transferPost } from "./Transfer.ts"
import { Withdraw, withdrawalPost } from "./Withdraw.ts"

/** Items of a batch of which each is posted by itself. */
export const independentMax = 10_000

const TransferItem = Schema.Struct({ kind: Schema.Literal("transfer"), ...Transfer.fields }).check(isBetweenTwo)
const DepositItem = Schema.Struct({ kind: Schema.Literal("deposit"), ...Deposit.fields })
const WithdrawalItem = Schema.Struct({ kind: Schema.Literal("withdrawal"), ...Withdraw.fields })

/** A transfer, deposit or withdrawal, with the fields of the request that posts it alone. */
export const MoneyItem = Schema.Union([TransferItem, DepositItem, WithdrawalItem])
export type MoneyItem = typeof MoneyItem.Type

/** 1 to 10,000 items, or up to 1,000 (`linkedMax`) that are posted all or not at all. */
export const PostBatch = Schema.Struct({
  mode: Schema.Literals(["all_or_nothing", "independent"]),
  items: Schema.Array(MoneyItem).check(Schema.isMinLength(1), Schema.isMaxLength(independentMax))
}).check(
  Schema.makeFilter(({ mode, items }) =>
    mode === "independent" || items.length <= Command.linkedMax
      ? undefined
      : { path: ["items"], issue: `Expected at most ${Command.linkedMax} items that are all posted or none` }
  )
)
export type PostBatch = typeof PostBatch.Type

/** The item at `index`, from 0, cannot be posted, so none was. */
export class BatchRejected extends Schema.TaggedError<BatchRejected>()("BatchRejected", {
  index: Schema.Int,
  reason: Rejection.Reason
}) {}

/** Why an item was not posted, as told to a caller; `field` is the field of the request at fault, where it is one. */
export const ItemError = Schema.Struct({
  code: Schema.String,
  title: Schema.String,
  detail: Schema.String,
  field: Schema.optionalKey(Schema.String)
})
export type ItemError = typeof ItemError.Type

/** What became of an item: its transaction, or the error. */
export const ItemAnswer = Schema.Struct({
  index: Schema.Int,
  transaction: Schema.optionalKey(TransactionView),
  error: Schema.optionalKey(ItemError)
})
export type ItemAnswer = typeof ItemAnswer.Type

/** An answer for each item, in the order of the items. */
export const BatchAnswer = Schema.Struct({ items: Schema.Array(ItemAnswer) })
export type BatchAnswer = typeof BatchAnswer.Type

const postOf = (item: MoneyItem): Command.Post => {
  switch (item.kind) {
    case "transfer":
      return transferPost(item)
    case "deposit":
      return depositPost(item)
    case "withdrawal":
      return withdrawalPost(item)
  }
}

/** The error as told to a caller; `place` stands before its field, such as `items.3`, whose key is the batch's. */
const itemErrorOf = (error: SubmitError, place?: string): ItemError => {
  const { code, title, detail, field } = describe(error)
  if (error._tag === "IdempotencyConflict") return { code, title, detail, field: place ?? "idempotencyKey" }
  if (place === undefined) return { code, title, detail, ...(field === undefined ? {} : { field }) }
  return { code, title, detail, field: field === undefined ? place : `${place}.${field}` }
}

/** What became of one item. Another receipt than that of a post is a bug of the ledger and throws. */
export const itemAnswer = (
  outcome: SubmitOutcome,
  place?: string
): { readonly transaction: TransactionView } | { readonly error: ItemError } => {
  if (Result.isFailure(outcome)) return { error: itemErrorOf(outcome.failure, place) }
  if (outcome.success._tag === "TransactionPosted") return { transaction: transactionView(outcome.success.transaction) }
  throw new Error(`expected TransactionPosted, got ${outcome.success._tag}`)
}

/** Submits items each by itself, in order and without waiting for the one before; answers in their order. */
export const postItems = Effect.fn("ledger.postItems")(function* (
  items: ReadonlyArray<{ readonly key: IdempotencyKey; readonly item: MoneyItem }>
) {
  const ledger = yield* Ledger
  return yield* ledger.submitMany(items.map(({ key, item }) => ({ key, command: postOf(item) })))
})

const postLinked = Effect.fnUntraced(function* (items: ReadonlyArray<MoneyItem>, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const receipt = yield* ledger
    .submit({ key, command: { _tag: "Linked", commands: items.map(postOf) } })
    .pipe(Effect.catchTag("LinkedRejected", ({ index, reason }) => Effect.fail(new BatchRejected({ index, reason }))))
  if (receipt._tag !== "LinkedApplied")
    return yield* Effect.die(new Error(`expected LinkedApplied, got ${receipt._tag}`))
  return receipt.receipts.map((each) => Result.succeed(each))
})

/**
 * Errors of an `all_or_nothing` batch: BatchRejected with the first item that cannot be posted, then IdempotencyConflict,
 * LedgerOverloaded, LedgerUnavailable. An `independent` one has no errors but those of its items.
 */
export const postBatch = Effect.fn("ledger.postBatch")(function* ({ mode, items }: PostBatch, key: IdempotencyKey) {
  const outcomes =
    mode === "all_or_nothing"
      ? yield* postLinked(items, key)
      : yield* postItems(items.map((item, index) => ({ key: itemKeyOf(key, index), item })))
  return { items: outcomes.map((outcome, index) => ({ index, ...itemAnswer(outcome, `items.${index}`) })) }
})
