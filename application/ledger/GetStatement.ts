import { Effect, Schema } from "effect"
import { Instant, Period } from "../../domain/calendar/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { statement, type Transaction } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Ledger } from "../ports/Ledger.ts"

/** The statement of one calendar month (UTC), by booking time. */
export const GetStatement = Schema.Struct({ account: AccountId, period: Period.Period })
export type GetStatement = typeof GetStatement.Type

/** The most entries that one statement holds in memory; the account's history gives any number of them in pages. */
export const entriesMax = 50_000

/** The period has more entries than one statement holds. */
export class StatementTooLong extends Schema.TaggedError<StatementTooLong>()("StatementTooLong", {
  accountId: AccountId,
  entriesMax: Schema.Int
}) {}

const pageSize = 1000

/** Opening balance, every entry once, oldest first, and closing balance. Errors: AccountNotFound, StatementTooLong. */
export const getStatement = Effect.fn("ledger.statement")(function* (query: GetStatement) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { id: accountId, currency } = yield* store.find(query.account)
  const bookedFrom = Instant.startOfDay(Period.firstDay(query.period))
  const bookedBefore = Instant.startOfDay(Period.firstDay(Period.next(query.period)))
  const [before] = yield* ledger.entries({ accountId, order: "newest", bookedBefore: bookedFrom, limit: 1 })
  const entries: Array<Transaction.BookedEntry> = []
  for (let full = true; full; ) {
    const last = entries.at(-1)
    const page = yield* ledger.entries({
      accountId,
      order: "oldest",
      bookedFrom,
      bookedBefore,
      limit: pageSize,
      ...(last === undefined ? {} : { after: last.sequence })
    })
    entries.push(...page)
    full = page.length === pageSize
    if (entries.length > entriesMax) return yield* Effect.fail(new StatementTooLong({ accountId, entriesMax }))
  }
  return statement(accountId, query.period, before?.balance ?? Money.zero(currency), entries)
})
