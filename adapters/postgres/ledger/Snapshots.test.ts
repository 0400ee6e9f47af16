/** Rows of accounts that are written once for many entries: what is stored, and that nobody sees it. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId, LedgerId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { accountOf, cents, funded, held, hold, newKey, opened, posted, submit, transfer } from "../../contract/index.ts"
import { idsForTests, migrated, newLedger } from "../fixture.ts"
import { layer as postgresLayer } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { verifyStored } from "../verify/Verify.ts"
import * as Audit from "./Audit.ts"
import * as Ledger from "./Ledger.ts"
import type { LedgerOptions } from "./Options.ts"

const timeout = 60_000

interface Numbers {
  readonly version: number
  readonly sequence: number
}

describe("an account's row", { timeout }, () => {
  let database: Database
  let sql: postgres.Sql
  before(async () => {
    database = await createDatabase()
    sql = postgres(database.url, { max: 1, onnotice: () => {} })
  })
  after(async () => {
    await sql.end()
    await database.drop()
  })

  const start = (ledgerId: LedgerId, options: Partial<LedgerOptions>) =>
    ManagedRuntime.make(
      Layer.provide(
        Layer.merge(Ledger.layer({ ...options, ledgerId }), Audit.layer(ledgerId)),
        Layer.merge(migrated(database.url), idsForTests)
      )
    )

  /** Does something with the ledger as a process of its own would. */
  const run = async <A, E>(
    ledgerId: LedgerId,
    options: Partial<LedgerOptions>,
    work: Effect.Effect<A, E, LedgerPort>
  ): Promise<A> => {
    const ledger = start(ledgerId, options)
    try {
      return await ledger.runPromise(work)
    } finally {
      await ledger.dispose()
    }
  }

  const rowOf = async (id: AccountId): Promise<Numbers> => {
    const [row] = await sql<Array<Numbers>>`
      select version::int, sequence::int from ledger.account where account_id = ${uuidOf(id)}`
    assert.ok(row !== undefined)
    return row
  }

  /** What audit and verification find. */
  const found = async (ledgerId: LedgerId) => {
    const ledger = start(ledgerId, {})
    const violations = await ledger.runPromise(Effect.flatMap(LedgerAudit, (audit) => audit.violations))
    await ledger.dispose()
    const verified = Effect.provide(verifyStored(ledgerId), postgresLayer({ url: database.url }))
    return [...violations, ...(await Effect.runPromise(verified)).findings]
  }

  test("is written twice for 40 entries that come one by one, and every read sees each of them at once", async () => {
    const ledgerId = newLedger()
    const ledger = start(ledgerId, { snapshotEntriesMax: 16 })
    const later = Instant.fromMillis(Date.now() + 86_400_000)
    const booked = { bookedFrom: Instant.fromMillis(0), bookedBefore: later }
    const accountId = await ledger.runPromise(
      Effect.gen(function* () {
        const { bank, account } = yield* funded(0)
        const port = yield* LedgerPort
        for (let count = 1; count <= 40; count++) {
          yield* submit(transfer(bank, account, cents(1)))
          const written = count - (count % 16)
          // The version counts the batch that opened the account too.
          assert.deepEqual(yield* Effect.promise(() => rowOf(account)), { version: written + 1, sequence: written })
          const { sequence, postedDebits, postedCredits } = yield* accountOf(account)
          assert.deepEqual([sequence, postedDebits, postedCredits], [count, 0n, BigInt(count)])
          assert.equal(yield* port.balanceByValueDate(account, LocalDate.fromInstant(later)), BigInt(count))
          const query = { accountId: account, order: "newest", limit: 1 } as const
          const pages = [
            yield* port.entries(query),
            yield* port.entries({ ...query, ...booked }),
            (yield* port.search({ ...query, side: "credit" })).entries,
            (yield* port.search({ ...query, ...booked, side: "credit" })).entries
          ]
          for (const page of pages)
            assert.deepEqual(
              page.map((entry) => [entry.sequence, entry.balance.minor]),
              [[count, BigInt(count)]]
            )
        }
        assert.equal((yield* Effect.flip(submit(transfer(account, bank, cents(41)))))._tag, "InsufficientFunds")
        yield* submit(transfer(account, bank, cents(40)))
        return account
      })
    )
    assert.equal((await ledger.runPromise(accountOf(accountId))).postedDebits, 40n)
    await ledger.dispose()
    assert.deepEqual(await found(ledgerId), [])
  })

  test("is written at once with any change but a posting: terms, a hold, its end, the closing", async () => {
    const ledgerId = newLedger()
    await run(
      ledgerId,
      {},
      Effect.gen(function* () {
        const { bank, account } = yield* funded(100)
        const expectRow = (version: number, sequence: number) =>
          Effect.map(
            Effect.promise(() => rowOf(account)),
            (row) => assert.deepEqual(row, { version, sequence })
          )
        yield* expectRow(1, 0)
        const terms = { overdraftLimit: cents(50), restriction: "none", revision: 2 } as const
        yield* submit({ _tag: "ConfigureAccount", accountId: account, ...terms })
        yield* expectRow(3, 1)
        yield* submit(transfer(account, bank, cents(1)))
        yield* expectRow(3, 1)
        const open = yield* held(hold(account, bank, cents(20)))
        yield* expectRow(5, 2)
        yield* submit(transfer(account, bank, cents(1)))
        yield* submit({ _tag: "Capture", holdId: open.id, amount: cents(5), keepRest: false })
        yield* expectRow(7, 4)
        yield* submit(transfer(account, bank, cents(1)))
        yield* submit({ _tag: "CloseAccount", accountId: account, sweepTo: bank, revision: 3 })
        yield* expectRow(9, 6)
      })
    )
    assert.deepEqual(await found(ledgerId), [])
  })

  test("counts to the last transaction there was when it was written, of its own batch or of one before", async () => {
    const ledgerId = newLedger()
    await run(
      ledgerId,
      { snapshotEntriesMax: 3 },
      Effect.gen(function* () {
        const bank = yield* opened({ kind: "internal", normalSide: "debit" })
        const account = yield* opened()
        const expectCounted = (number: number) =>
          Effect.map(
            Effect.promise(() => sql`select counted_to::int from ledger.account where account_id = ${uuidOf(account)}`),
            ([row]) => assert.equal(row?.counted_to, number)
          )
        yield* expectCounted(-1)
        for (const counted of [-1, -1, 2, 2]) {
          yield* submit(transfer(bank, account, cents(1)))
          yield* expectCounted(counted)
        }
        yield* submit(hold(account, bank, cents(1)))
        yield* expectCounted(3)
        yield* submit({
          _tag: "Linked",
          commands: [
            transfer(account, bank, cents(1)),
            hold(account, bank, cents(1)),
            transfer(account, bank, cents(1))
          ]
        })
        yield* expectCounted(5)
        const later = yield* opened()
        yield* submit(transfer(bank, later, cents(1)))
        const [row] = yield* Effect.promise(
          () => sql`select counted_to::int from ledger.account where account_id = ${uuidOf(later)}`
        )
        assert.equal(row?.counted_to, 5)
      })
    )
    assert.deepEqual(await found(ledgerId), [])
  })

  test("is left as it is by a batch that ends one hold and makes its like", async () => {
    const ledgerId = newLedger()
    await run(
      ledgerId,
      {},
      Effect.gen(function* () {
        const { bank, account } = yield* funded(100)
        const open = yield* held(hold(account, bank, cents(20)))
        const row = yield* Effect.promise(() => rowOf(account))
        const again: Command.Linked = {
          _tag: "Linked",
          commands: [{ _tag: "Release", holdId: open.id }, hold(account, bank, cents(20))]
        }
        yield* submit(again)
        assert.deepEqual(yield* Effect.promise(() => rowOf(account)), row)
        yield* submit({
          _tag: "ConfigureAccount",
          accountId: account,
          overdraftLimit: cents(9),
          restriction: "none",
          revision: 2
        })
        assert.deepEqual(yield* Effect.promise(() => rowOf(account)), { ...row, version: row.version + 1 })
      })
    )
    assert.deepEqual(await found(ledgerId), [])
  })

  /** Commands of every kind that posts, one by one, so that two ledgers do them in the same batches. */
  const commands = (bank: AccountId, left: AccountId, right: AccountId): ReadonlyArray<Command.Command> => {
    const split: Command.Post = {
      _tag: "Post",
      kind: "journal",
      legs: [
        { accountId: left, side: "debit", amount: cents(3) },
        { accountId: right, side: "credit", amount: cents(1) },
        { accountId: bank, side: "credit", amount: cents(1) },
        { accountId: bank, side: "credit", amount: cents(1) }
      ]
    }
    return [
      transfer(left, right, cents(2)),
      split,
      { _tag: "Linked", commands: [transfer(left, right, cents(1)), split, transfer(right, left, cents(1))] },
      transfer(bank, left, cents(9)),
      hold(left, right, cents(1)),
      split,
      transfer(right, bank, cents(1))
    ]
  }

  test("and the entries after it make what a writer of every row has, whatever caches and bounds it is written with", async () => {
    const [lagging, plain] = [newLedger(), newLedger()]
    const tiny = { accountsCachedMax: 1, accountsPackedMax: 1 }
    const sessions: ReadonlyArray<Partial<LedgerOptions>> = [
      { snapshotEntriesMax: 16, ...tiny },
      { snapshotEntriesMax: 16 },
      { snapshotEntriesMax: 1, ...tiny },
      { snapshotEntriesMax: 5 },
      { snapshotEntriesMax: 7, ...tiny }
    ]
    const names = ["bank", "left", "right"] as const
    const setUp = Effect.gen(function* () {
      const { bank, account: left } = yield* funded(1000)
      return { bank, left, right: yield* opened() }
    })
    const made = { lagging: await run(lagging, {}, setUp), plain: await run(plain, { snapshotEntriesMax: 1 }, setUp) }
    const doAll = ({ bank, left, right }: typeof made.plain) =>
      Effect.forEach(commands(bank, left, right), (command) => submit(command, newKey()), { discard: true })
    const standing = async (ids: typeof made.plain, table: "account" | "standing") => {
      const rows = names.map(async (name) => {
        const [row] =
          await sql`select version, sequence, posted_debits, posted_credits, pending_debits, pending_credits,
          open_holds from ledger.${sql(table)} where account_id = ${uuidOf(ids[name])}`
        return row
      })
      return Promise.all(rows)
    }
    for (const options of sessions) {
      await run(lagging, options, doAll(made.lagging))
      await run(plain, { snapshotEntriesMax: 1 }, doAll(made.plain))
      const expected = await standing(made.plain, "account")
      assert.deepEqual(await standing(made.plain, "standing"), expected)
      assert.deepEqual(await standing(made.lagging, "standing"), expected)
      if (options.snapshotEntriesMax === 16) assert.notDeepEqual(await standing(made.lagging, "account"), expected)
      assert.deepEqual(await found(lagging), [])
    }
    assert.deepEqual(await found(plain), [])
  })

  test("is found by its version where many accounts, read anew all the time, are posted to at once", async () => {
    const ledgerId = newLedger()
    const options = { snapshotEntriesMax: 3, accountsCachedMax: 2, accountsPackedMax: 3, batchMax: 8 }
    const paid = await run(
      ledgerId,
      options,
      Effect.gen(function* () {
        const bank = yield* opened({ kind: "internal", normalSide: "debit" })
        const accounts = yield* Effect.all(Array.from({ length: 12 }, () => opened()))
        const payments = Array.from({ length: 300 }, (_, index) => {
          const account = accounts[(index * 7) % accounts.length] ?? bank
          return posted(transfer(bank, account, cents(1)))
        })
        yield* Effect.all(payments, { concurrency: "unbounded" })
        return (yield* accountOf(bank)).postedDebits
      })
    )
    assert.equal(paid, 300n)
    assert.deepEqual(await found(ledgerId), [])
  })
})
