import { Effect, Option, Stream } from "effect"
import { Instant, Period } from "../../domain/calendar/index.ts"
import { StatementLine } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Ledger } from "../ports/Ledger.ts"
import type { GetStatement } from "./GetStatement.ts"

/** Entries that are held at a time. */
const pageSize = 1000

interface Progress {
  readonly after?: number
  readonly closing: StatementLine.StatementClosing
}

/**
 * The statement line by line, of any number of entries in bounded memory. It fails with LedgerUnavailable where a page
 * cannot be read: without its closing line a statement is not whole. Errors: AccountNotFound, then those of the store
 * and the ledger.
 */
export const streamStatement = Effect.fn("ledger.streamStatement")(function* (query: GetStatement) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { id: accountId, currency } = yield* store.find(query.account)
  const bookedFrom = Instant.startOfDay(Period.firstDay(query.period))
  const bookedBefore = Instant.startOfDay(Period.firstDay(Period.next(query.period)))
  const [before] = yield* ledger.entries({ accountId, order: "newest", bookedBefore: bookedFrom, limit: 1 })
  const opening = before?.balance ?? Money.zero(currency)

  const linesFrom = Effect.fnUntraced(function* ({ after, closing }: Progress) {
    // What comes after an entry of the period is not before it, and a sequence is found at less cost than a time.
    const from = after === undefined ? { bookedFrom } : { after }
    const page = yield* ledger.entries({ accountId, order: "oldest", bookedBefore, limit: pageSize, ...from })
    const last = page.at(-1)
    const lines: Array<StatementLine.StatementLine> = page.map(StatementLine.lineOf)
    const total = StatementLine.closingAfter(closing, page)
    if (last !== undefined && page.length === pageSize)
      return [lines, Option.some<Progress>({ after: last.sequence, closing: total })] as const
    lines.push(total)
    return [lines, Option.none<Progress>()] as const
  })

  const first: StatementLine.StatementLine = StatementLine.openingOf(accountId, query.period, opening)
  return Stream.concat(
    Stream.succeed(first),
    Stream.paginate<Progress, StatementLine.StatementLine, Effect.Error<ReturnType<typeof linesFrom>>>(
      { closing: StatementLine.closingFrom(opening) },
      linesFrom
    )
  )
})
