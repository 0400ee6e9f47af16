/** A database that was filled when every entry and every answer had a row of its own, brought to this version. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import { AccountId, TransactionId, TypedId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import type { Money } from "../../../domain/money/index.ts"
import { accountOf, cents, posted, receiptText, submit, transfer } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import { migrateWith, migrations } from "../Migrator.ts"
import * as Postgres from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { verifyStored } from "../verify/Verify.ts"
import * as Audit from "./Audit.ts"
import { fingerprintOf, keyDigest } from "./Fingerprint.ts"
import * as Ledger from "./Ledger.ts"
import { defaultLedgerId } from "./Options.ts"

const lastOfOldLayout = "0003_accounts"

/** Ids that ascend with their number. */
const bytes = (number: number): Uint8Array =>
  TypedId.uuidV7(number, new Uint8Array(TypedId.randomByteLength).fill(number))
const accountId = (number: number): AccountId => AccountId.make(TypedId.fromBytes("acc", bytes(number)))
const transactionId = (number: number): TransactionId => TransactionId.make(TypedId.fromBytes("txn", bytes(number)))

const [bank, left, right] = [accountId(1), accountId(2), accountId(3)]

/** The three commands that the old version did, with their keys, and one that it refused. */
const commands: Readonly<Record<"funding" | "splitting" | "paying" | "refused", Command.Post>> = {
  funding: transfer(bank, left, cents(1000)),
  splitting: {
    _tag: "Post",
    kind: "journal",
    description: "rent",
    metadata: { flat: "7", area: "b" },
    legs: [
      { accountId: left, side: "debit", amount: cents(300) },
      { accountId: right, side: "credit", amount: cents(180) },
      { accountId: bank, side: "credit", amount: cents(120) }
    ]
  },
  paying: transfer(right, left, cents(80)),
  refused: transfer(right, left, cents(101))
}
const keyOf = (name: keyof typeof commands): IdempotencyKey => IdempotencyKey.make(`old:${name}`)

const bookedAt = Date.UTC(2026, 1, 3, 12)

type Entry = readonly [account: AccountId, sequence: number, side: "debit" | "credit", amount: number, balance: number]

/** Two of them were booked at the same moment, so that their ids tell the order. */
const transactions: ReadonlyArray<{
  readonly name: "funding" | "splitting" | "paying"
  readonly bookedAt: number
  readonly entries: ReadonlyArray<Entry>
}> = [
  {
    name: "funding",
    bookedAt,
    entries: [
      [bank, 1, "debit", 1000, 1000],
      [left, 1, "credit", 1000, 1000]
    ]
  },
  {
    name: "splitting",
    bookedAt: bookedAt + 1,
    entries: [
      [left, 2, "debit", 300, 700],
      [right, 1, "credit", 180, 180],
      [bank, 2, "credit", 120, 880]
    ]
  },
  {
    name: "paying",
    bookedAt: bookedAt + 1,
    entries: [
      [right, 2, "debit", 80, 100],
      [left, 3, "credit", 80, 780]
    ]
  }
]

const rejection = {
  _tag: "InsufficientFunds",
  accountId: right,
  available: { amount: "1.00", currency: "USD" },
  requested: { amount: "1.01", currency: "USD" }
}

/** Writes the ledger as the old version did. */
const fill = async (sql: postgres.Sql): Promise<void> => {
  const [row] = await sql<Array<{ ledger: number }>>`insert into ledger.ledger (id, epoch, batches, writer)
    values (${uuidOf(defaultLedgerId)}, 1, 9, gen_random_uuid()) returning ledger_id as ledger`
  const ledger = row?.ledger ?? 0
  const accounts = [
    [bank, "internal", "debit", 2, 1000, 120],
    [left, "customer", "credit", 3, 300, 1080],
    [right, "customer", "credit", 2, 80, 180]
  ] as const
  for (const [id, kind, side, sequence, debits, credits] of accounts)
    await sql`insert into ledger.account values (${ledger}, ${uuidOf(id)}, ${sequence + 1}, ${sequence}, ${debits},
      ${credits}, 0, 0, 0, 1, ${new Date(bookedAt - 1)}, 0, ${kind}, ${side}, 'none', false, false, 'USD')`
  for (const [index, { name, bookedAt: at, entries }] of transactions.entries()) {
    const { kind, description, metadata } = commands[name]
    const id = uuidOf(transactionId(index + 1))
    await sql`insert into ledger.transaction values (${ledger}, ${id}, ${new Date(at)}, '2026-02-03', ${kind},
      ${`{${entries.map(([account]) => uuidOf(account)).join(",")}}`}::text::uuid[],
      ${`{${entries.map(([, sequence]) => sequence).join(",")}}`}::text::bigint[], null, null, ${description ?? null},
      ${metadata === undefined ? null : JSON.stringify(metadata)}::text::json)`
    for (const [account, sequence, side, amount, balance] of entries)
      await sql`insert into ledger.entry values (${ledger}, ${uuidOf(account)}, ${sequence}, ${amount}, ${balance}, ${id},
        ${side})`
    await sql`insert into ledger.answer values (${ledger}, ${keyDigest(keyOf(name))}, ${id},
      ${fingerprintOf(commands[name])}, null, null)`
  }
  await sql`insert into ledger.answer values (${ledger}, ${keyDigest(keyOf("refused"))}, null,
    ${fingerprintOf(commands.refused)}, null, ${JSON.stringify(rejection)}::text::json)`
}

describe("a ledger of the layout before", () => {
  const opening = createDatabase()
  let runtime: ManagedRuntime.ManagedRuntime<LedgerPort | LedgerAudit, unknown>
  before(async () => {
    const { url } = await opening
    const old = Effect.flatMap(migrations, (known) => migrateWith(known.filter(({ name }) => name <= lastOfOldLayout)))
    await Effect.runPromise(Effect.provide(old, Postgres.layer({ url })))
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    await fill(sql)
    await sql.end()
    runtime = ManagedRuntime.make(
      Layer.provide(Layer.merge(Ledger.layer(), Audit.layer()), Layer.merge(migrated(url), idsForTests))
    )
  })
  after(async () => {
    await runtime.dispose()
    await (await opening).drop()
  })

  const expected = ({ name, bookedAt: at, entries }: (typeof transactions)[number], index: number) => {
    const { kind, description, metadata } = commands[name]
    return {
      id: transactionId(index + 1),
      kind,
      bookedAt: at,
      valueDate: "2026-02-03",
      ...(description === undefined ? {} : { description }),
      ...(metadata === undefined ? {} : { metadata }),
      entries: entries.map(([account, sequence, side, amount, balance]) => ({
        accountId: account,
        side,
        amount: cents(amount),
        sequence,
        balance: cents(balance)
      }))
    }
  }

  test("reads every transaction as it was, in the order in which it was booked", async () => {
    const read = (index: number) =>
      runtime.runPromise(Effect.flatMap(LedgerPort, (ledger) => ledger.transaction(transactionId(index + 1))))
    for (const [index, each] of transactions.entries()) assert.deepEqual(await read(index), expected(each, index))
  })

  test("reads every entry of an account's history, by pages, by its time and by filters", async () => {
    const ledger = await runtime.runPromise(LedgerPort)
    const numbers = async (query: Partial<Parameters<typeof ledger.search>[0]>, account = left) => {
      const page = await runtime.runPromise(ledger.search({ accountId: account, order: "oldest", limit: 10, ...query }))
      return page.entries.map(({ sequence, balance }) => [sequence, Number(balance.minor)])
    }
    const all = [
      [1, 1000],
      [2, 700],
      [3, 780]
    ]
    assert.deepEqual(await numbers({}), all)
    assert.deepEqual(await numbers({ order: "newest" }), all.toReversed())
    assert.deepEqual(await numbers({ after: 1, limit: 1 }), all.slice(1, 2))
    assert.deepEqual(await numbers({ bookedFrom: Instant.fromMillis(bookedAt + 1) }), all.slice(1))
    assert.deepEqual(await numbers({ bookedBefore: Instant.fromMillis(bookedAt + 1) }), all.slice(0, 1))
    assert.deepEqual(await numbers({ side: "debit" }), all.slice(1, 2))
    assert.deepEqual(await numbers({ kinds: ["transfer"] }), [all[0], all[2]])
    assert.deepEqual(await numbers({ counterparty: right }), all.slice(1))
    assert.deepEqual(await numbers({}, right), [
      [1, 180],
      [2, 100]
    ])
    const day = LocalDate.LocalDate.make("2026-02-03")
    assert.equal(await runtime.runPromise(ledger.balanceByValueDate(left, day)), 780n)
  })

  test("answers every key as it did, and a key with another command with a conflict", async () => {
    for (const [index, each] of transactions.entries()) {
      const receipt = await runtime.runPromise(submit(commands[each.name], keyOf(each.name)))
      const transaction = await runtime.runPromise(
        Effect.flatMap(LedgerPort, (ledger) => ledger.transaction(transactionId(index + 1)))
      )
      assert.equal(receiptText(receipt), receiptText({ _tag: "TransactionPosted", transaction }))
      const other = submit(transfer(bank, left, cents(7)), keyOf(each.name))
      assert.equal((await runtime.runPromise(Effect.flip(other)))._tag, "IdempotencyConflict")
    }
    const refusal = await runtime.runPromise(Effect.flip(submit(commands.refused, keyOf("refused"))))
    assert.equal(refusal._tag, "InsufficientFunds")
    assert.equal((await runtime.runPromise(accountOf(left))).sequence, 3)
  })

  test("goes on: new transactions follow the old ones, which can be reversed entry by entry", async () => {
    const next = await runtime.runPromise(posted(transfer(left, right, cents(100))))
    assert.deepEqual(
      next.entries.map(({ sequence, balance }) => [sequence, balance.minor]),
      [
        [4, 680n],
        [3, 200n]
      ]
    )
    const reverse = (number: number, part: { readonly amount?: Money.Money } = {}) =>
      submit({ _tag: "Reverse", transactionId: transactionId(number), ...part })
    for (const reversal of [reverse(2), reverse(1, { amount: cents(9) })])
      assert.equal((await runtime.runPromise(reversal))._tag, "TransactionPosted")
    for (const more of [reverse(2), reverse(1, { amount: cents(992) })])
      assert.equal((await runtime.runPromise(Effect.flip(more)))._tag, "ReversalExceedsTransaction")
  })

  test("holds every invariant, with the numbers of the old transactions and the new", async () => {
    assert.deepEqual(await runtime.runPromise(Effect.flatMap(LedgerAudit, ({ violations }) => violations)), [])
  })

  test("is verified from its first transaction on", async () => {
    const { url } = await opening
    const verified = Effect.provide(verifyStored(defaultLedgerId), Postgres.layer({ url }))
    const { findings, transactions: count } = await Effect.runPromise(verified)
    assert.deepEqual(findings, [])
    assert.equal(count, transactions.length + 3)
  })
})
