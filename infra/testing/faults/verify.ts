/** Looks at a ledger after a run: through a port that had no part in it, at its rows, and at its journal. */
import { Effect, Layer, Result } from "effect"
import type postgres from "postgres"
import { layer as ids } from "../../../adapters/ids/index.ts"
import { Ledger, LedgerAudit, Postgres, verifyStored } from "../../../adapters/postgres/index.ts"
import { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { LedgerAudit as AuditPort } from "../../../application/ports/LedgerAudit.ts"
import { HoldId, TransactionId, TypedId } from "../../../domain/ids/index.ts"
import { canonical } from "../reference/canonical.ts"
import type { Asked, Book } from "./Book.ts"
import type { Finished } from "./Run.ts"
import type { Reply } from "./Wire.ts"

const atOnce = { concurrency: "unbounded" } as const

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

/** A row of `ledger.entry`, 64-bit integers as text. */
interface EntryRow {
  readonly account_id: string
  readonly sequence: string
  readonly amount: string
  readonly balance: string
  readonly transaction_id: string
  readonly side: string
}

const readRows = async (sql: postgres.Sql, ledgerId: string): Promise<ReadonlyArray<EntryRow>> => sql<Array<EntryRow>>`
  select e.account_id, e.sequence::text, e.amount::text, e.balance::text, e.transaction_id, e.side::text
  from ledger.entry e where e.ledger_id = (select l.ledger_id from ledger.ledger l where l.id = ${TypedId.toUuid(ledgerId)})
  order by e.account_id, e.sequence`

/** Each account's entries are 1, 2, 3 …, each with the balance after it. Gives the sum of the last balances. */
const checkHistories = (rows: ReadonlyArray<EntryRow>): bigint => {
  const last = new Map<string, { readonly sequence: bigint; readonly net: bigint }>()
  for (const row of rows) {
    const { sequence, net } = last.get(row.account_id) ?? { sequence: 0n, net: 0n }
    const now = row.side === "debit" ? net + BigInt(row.amount) : net - BigInt(row.amount)
    const shown = BigInt(row.balance)
    must(
      BigInt(row.sequence) === sequence + 1n,
      `account ${row.account_id} has entry ${row.sequence} after ${sequence}`
    )
    // The bank's cash counts debits, a customer's account credits.
    must(shown === now || shown === -now, `entry ${row.sequence} of ${row.account_id} shows ${shown} at ${now}`)
    last.set(row.account_id, { sequence: sequence + 1n, net: now })
  }
  return [...last.values()].reduce((sum, { net }) => sum + net, 0n)
}

/** The stored transactions are those that were acknowledged, each once and as it was acknowledged. */
const checkTransactions = (rows: ReadonlyArray<EntryRow>, { transactions }: Book): void => {
  const stored = new Map<string, Array<string>>()
  for (const row of rows) {
    const id = TypedId.fromUuid("txn", row.transaction_id)
    const account = TypedId.fromUuid("acc", row.account_id)
    const text = [account, row.sequence, row.side, row.amount, row.balance].join(" ")
    stored.set(id, [...(stored.get(id) ?? []), text])
  }
  for (const id of stored.keys()) must(transactions.has(id), `transaction ${id} is the answer to no request`)
  for (const { id, entries } of transactions.values()) {
    const acknowledged = entries.map(({ accountId, sequence, side, amount, balance }) =>
      [accountId, sequence, side, amount.minor, balance.minor].join(" ")
    )
    const [found, wanted] = [stored.get(id)?.sort().join(", "), acknowledged.sort().join(", ")]
    must(found === wanted, `transaction ${id} is stored as ${found} and was acknowledged as ${wanted}`)
  }
}

const replyOf = (answer: Result.Result<Extract<Reply, { _tag: "Accepted" }>["receipt"], { readonly _tag: string }>) =>
  Result.isSuccess(answer)
    ? ({ _tag: "Accepted", turn: 0, receipt: answer.success } as const)
    : ({ _tag: "Refused", turn: 0, tag: answer.failure._tag, text: canonical(answer.failure) } as const)

/** Every request gets the answer that it got; `take` throws where not. */
const checkAnswers = (book: Book) =>
  Effect.gen(function* () {
    const ledger = yield* LedgerPort
    const again = ({ instruction }: Asked) => Effect.result(ledger.submit(instruction))
    // Conflicts apart: sent beside the request of their key they would wait for it, not be looked up.
    for (const isConflict of [false, true]) {
      const asked = book.asked.filter((each) => each.isConflict === isConflict)
      const answers = yield* Effect.all(asked.map(again), atOnce)
      asked.forEach((each, index) => {
        const answer = answers[index]
        const isDecided = answer !== undefined && book.take(each, replyOf(answer))
        must(isDecided, `${each.instruction.key} has no answer: ${canonical(answer)}`)
      })
    }
  })

const checkReads = ({ book, desk }: Finished, rows: ReadonlyArray<EntryRow>) =>
  Effect.gen(function* () {
    const ledger = yield* LedgerPort
    for (const { id, ...transaction } of book.transactions.values()) {
      const found = yield* ledger.transaction(TransactionId.make(id))
      must(canonical(found) === canonical({ id, ...transaction }), `transaction ${id} reads as ${canonical(found)}`)
    }
    for (const id of book.holds.keys()) yield* ledger.hold(HoldId.make(id))
    const accounts = yield* ledger.accounts(desk.accounts)
    const opened = book.asked.filter(({ receipt }) => receipt?._tag === "AccountChanged").length
    must(accounts.length === opened, `${accounts.length} accounts are open, not ${opened}`)
    const sum = accounts.reduce((total, { postedDebits, postedCredits }) => total + postedDebits - postedCredits, 0n)
    must(sum === 0n, `balances sum to ${sum}`)
    const entries = accounts.reduce((total, { sequence }) => total + sequence, 0)
    must(entries === rows.length, `accounts count ${entries} entries of ${rows.length}`)
    const violations = yield* (yield* AuditPort).violations
    must(violations.length === 0, `invariants are violated: ${canonical(violations)}`)
  })

/** The journal that all writers together have written is one chain, and is of what is stored. */
const checkJournal = ({ ledgerId, book }: Finished) =>
  Effect.gen(function* () {
    const { findings, transactions } = yield* verifyStored(ledgerId)
    must(findings.length === 0, `the journal does not verify: ${canonical(findings)}`)
    must(
      transactions === book.transactions.size,
      `the journal has ${transactions} transactions of ${book.transactions.size}`
    )
  })

/** Throws an error that says what is wrong with the ledger of a run; `url` is its database without a proxy. */
export const verify = async (finished: Finished, url: string, sql: postgres.Sql): Promise<void> => {
  const { ledgerId, book } = finished
  const layer = Layer.merge(Ledger.layer({ ledgerId }), LedgerAudit.layer(ledgerId)).pipe(
    Layer.provide(ids),
    Layer.provideMerge(Postgres.layer({ url }))
  )
  const checks = Effect.gen(function* () {
    yield* checkAnswers(book)
    const rows = yield* Effect.promise(() => readRows(sql, ledgerId))
    const sum = checkHistories(rows)
    must(sum === 0n, `entries sum to ${sum}`)
    checkTransactions(rows, book)
    yield* checkReads(finished, rows)
    yield* checkJournal(finished)
  })
  await Effect.runPromise(Effect.scoped(Effect.provide(checks, layer)))
}
