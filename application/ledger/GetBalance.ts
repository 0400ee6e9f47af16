import { Effect, Schema } from "effect"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Ledger } from "../ports/Ledger.ts"

/** What an account had as of a booking time, or as of a value date: one of the two is given. */
export const GetBalance = Schema.Struct({
  account: AccountId,
  bookedAt: Schema.optionalKey(Instant.Instant),
  valueDate: Schema.optionalKey(LocalDate.LocalDate)
}).check(
  Schema.makeFilter(
    ({ bookedAt, valueDate }) =>
      (bookedAt === undefined) !== (valueDate === undefined) || {
        path: ["bookedAt"],
        issue: "Expected one of bookedAt and valueDate"
      }
  )
)
export type GetBalance = typeof GetBalance.Type

/**
 * The posted balance, positive on the account's normal side: by `bookedAt`, of the entries booked then or before; by
 * `valueDate`, of the entries known now that count for interest on that day or before.
 */
export const BalanceView = Schema.Struct({
  accountId: AccountId,
  bookedAt: Schema.optionalKey(Instant.Instant),
  valueDate: Schema.optionalKey(LocalDate.LocalDate),
  posted: Money.Money
})
export type BalanceView = typeof BalanceView.Type

/** What was posted as of a booking time is the balance after the last entry up to it. */
const postedAt = Effect.fnUntraced(function* (accountId: AccountId, bookedAt: Instant.Instant) {
  const ledger = yield* Ledger
  const bookedBefore = bookedAt < Instant.millisMax ? { bookedBefore: Instant.addMillis(bookedAt, 1) } : {}
  const [last] = yield* ledger.entries({ accountId, order: "newest", limit: 1, ...bookedBefore })
  return last?.balance.minor ?? 0n
})

/** Errors: AccountNotFound, then those of the store and the ledger. */
export const getBalance = Effect.fn("ledger.balance")(function* (query: GetBalance) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { id: accountId, currency } = yield* store.find(query.account)
  const { bookedAt, valueDate } = query
  const view = (minor: bigint) => ({ posted: Money.make(minor, currency), accountId })
  if (valueDate !== undefined)
    return { ...view(yield* ledger.balanceByValueDate(accountId, valueDate)), valueDate } satisfies BalanceView
  if (bookedAt === undefined) return yield* Effect.die(new Error("neither a booking time nor a value date is given"))
  return { ...view(yield* postedAt(accountId, bookedAt)), bookedAt } satisfies BalanceView
})
