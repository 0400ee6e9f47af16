/** What PostgreSQL plans for the ledger's statements while the tables are empty, and does with them ever after. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { cents, funded, held, hold, posted, submit, transfer } from "../../contract/index.ts"
import { quotedLiteral } from "../Columns.ts"
import { idsForTests, migrated } from "../fixture.ts"
import * as Postgres from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import * as Ledger from "./Ledger.ts"

/** What a pool of the ledger was opened with, and what it ran: scripts, and queries with parameters of theirs. */
interface Heard {
  readonly options: Postgres.ConnectionOptions
  readonly scripts: Set<string>
  readonly queries: Map<string, ReadonlyArray<Postgres.Parameter>>
}

/** The database, with what is said to it written down. */
const listening = (heard: Array<Heard>) => {
  const hear = (options: Postgres.ConnectionOptions): Heard => {
    const said: Heard = { options, scripts: new Set(), queries: new Map() }
    heard.push(said)
    return said
  }
  return Layer.effect(
    Postgres.Postgres,
    Effect.map(Postgres.Postgres, (real) =>
      Postgres.Postgres.of({
        pool: (options) =>
          Effect.map(real.pool(options), (pool) => {
            const said = hear(options)
            return {
              ...pool,
              query: (text, parameters = []) => {
                said.queries.set(text, parameters)
                return pool.query(text, parameters)
              }
            }
          }),
        channel: (options) =>
          Effect.map(real.channel(options), (channel) => {
            const said = hear(options)
            return {
              script: (text, copies) => {
                said.scripts.add(text)
                return channel.script(text, copies)
              }
            }
          })
      })
    )
  )
}

/** Commands that need every statement of the writer and of its lookups. */
const everything = Effect.gen(function* () {
  const { bank, account } = yield* funded(10_000)
  const paid = yield* posted(transfer(account, bank, cents(500)))
  yield* submit({ _tag: "Reverse", transactionId: paid.id })
  const open = yield* held(hold(account, bank, cents(300)))
  yield* submit({ _tag: "Release", holdId: open.id })
  const [debit, credit] = [
    { accountId: account, side: "debit", amount: cents(2) },
    { accountId: bank, side: "credit", amount: cents(1) }
  ] as const
  yield* submit({ _tag: "Post", kind: "journal", legs: [debit, credit, credit] })
  return account
})

const moment = Instant.fromMillis(Date.UTC(2026, 1, 3))

/** Reads of an account and of its history, each in every way. */
const reads = (accountId: AccountId) =>
  Effect.gen(function* () {
    const ledger = yield* LedgerPort
    yield* ledger.accounts([accountId])
    yield* ledger.balanceByValueDate(accountId, LocalDate.fromInstant(moment))
    const period = { bookedFrom: moment, bookedBefore: Instant.fromMillis(moment + 86_400_000) }
    for (const order of ["newest", "oldest"] as const)
      for (const bounds of [{}, { after: 1 }, period]) {
        const query = { accountId, order, limit: 50, ...bounds }
        yield* ledger.entries(query)
        yield* ledger.search({ ...query, side: "credit" })
      }
  })

/** A node of a plan as PostgreSQL explains it. */
interface Node {
  readonly "Node Type": string
  readonly "Scan Direction"?: string
  readonly "Relation Name"?: string
  readonly "Index Name"?: string
  readonly Filter?: string
  readonly "Index Cond"?: string
  readonly Plans?: ReadonlyArray<Node>
}

const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

/** How an index search of few rows of a table reads. */
const searched: Readonly<Record<string, RegExp>> = {
  account: /account_id = /u,
  hold: /hold_id = /u,
  answer: /key = /u,
  transaction: /(transaction_id|reverses|key) = |number >> 20\) = .*account_[12] = .*sequence_[12] [>=]+ /u,
  leg: /account_id = .*sequence [>=]+ |sequence = .*account_id = /u,
  batch: /ledger_id = .*first (<|IS NOT NULL)/u
}

/** The last transaction and the last batch are the last of the ledger's range of a primary key. */
const isLast = (node: Node): boolean =>
  node["Scan Direction"] === "Backward" &&
  /^(transaction|batch)_pkey$/u.test(node["Index Name"] ?? "") &&
  node.Filter === undefined

/** Statements that read rows in the order of an index, or the whole ledger: those search for the ledger alone. */
const isOfRange = (execute: string): boolean => / limit /u.test(execute) || /^execute lookup_\d+ \(\d+\)/u.test(execute)

const isSearch = (node: Node, isRange: boolean): boolean => {
  const condition = node["Index Cond"]
  return (
    condition !== undefined &&
    (isRange || isLast(node) || searched[node["Relation Name"] ?? ""]?.test(condition) === true)
  )
}

const literal = (parameter: Postgres.Parameter): string =>
  parameter === null ? "null" : typeof parameter === "string" ? quotedLiteral(parameter) : String(parameter)

/** Rows of a ledger that nobody asks for. */
const filling = (count: number): string => `
  insert into ledger.account select 1, gen_random_uuid(), 1, 0, 0, 0, 0, 0, 0, 1, now(), 0, 'customer', 'credit', 'none',
    false, false, 'USD' from generate_series(1, ${count});
  insert into ledger.hold select 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 5, 0, now(), null,
    'authorized', 'USD' from generate_series(1, ${count});
  insert into ledger.answer (ledger_id, key, transaction_id, fingerprint)
    select 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid() from generate_series(1, ${count});
  insert into ledger.transaction (ledger_id, transaction_id, booked_at, value_date, kind, number, account_1, account_2,
      sequence_1, sequence_2, balance_1, balance_2, amount, key, fingerprint, side, currency, reverses)
    select 1, gen_random_uuid(), now(), '2026-02-03', 'transfer', n * 1000, gen_random_uuid(), gen_random_uuid(), 1, 1, 5, 5, 5,
      gen_random_uuid(), gen_random_uuid(), 'debit', 'USD', gen_random_uuid() from generate_series(1, ${count}) n;
  insert into ledger.leg select 1, gen_random_uuid(), 1, 5, 5, gen_random_uuid(), 'debit'
    from generate_series(1, ${count})`

/** An account with an entry of each kind in that ledger, and the ledger's first and last batch. */
const account = (uuid: string, count: number): string => `
  insert into ledger.account select 1, '${uuid}', 1, 3, 0, 15, 0, 0, 0, 1, now(), 0, 'customer', 'credit', 'none', false,
    false, 'USD';
  insert into ledger.transaction (ledger_id, transaction_id, booked_at, value_date, kind, number, account_1, account_2,
      sequence_1, sequence_2, balance_1, balance_2, amount, side, currency)
    select 1, gen_random_uuid(), '2026-02-03', '2026-02-03', 'transfer', n * ${count} * 500,
      case n when 1 then '${uuid}' else gen_random_uuid() end, case n when 2 then '${uuid}' else gen_random_uuid() end,
      n, n, 5, 5, 5, 'credit', 'USD' from generate_series(1, 2) n;
  insert into ledger.transaction (ledger_id, transaction_id, booked_at, value_date, kind, number, accounts, sequences)
    values (1, '${uuid}', '2026-02-03', '2026-02-04', 'journal', 7, array['${uuid}'::uuid], array[3]);
  insert into ledger.leg values (1, '${uuid}', 3, 5, 15, '${uuid}', 'credit');
  insert into ledger.batch select 1, n, '2026-02-03', n * ${count} * 1000, 1, decode(repeat('00', 32), 'hex'), '',
    decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex') from generate_series(0, 1) n`

/** Rows of the ledger's tables that the statements of a session have looked at. */
const lookedAt = async (sql: postgres.ISql): Promise<number> => {
  const [row] = await sql`select sum(seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables
    where schemaname = 'ledger'`
  return row?.rows ?? assert.fail("there are no statistics")
}

const prepared = { prepare: true }

const bound = (parameter: Postgres.Parameter) => (typeof parameter === "bigint" ? parameter.toString() : parameter)

/** A session as a pool of the ledger opens it. */
const sessionOf = ({ url }: Database, { role, settings }: Postgres.ConnectionOptions): postgres.Sql =>
  postgres(url, { max: 1, onnotice: () => {}, connection: { role: role ?? "", ...settings } })

/** Readers plan anew for parameters, or once for all of them, as PostgreSQL thinks best. */
const planModes = ["force_generic_plan", "force_custom_plan"] as const
type PlanMode = (typeof planModes)[number]

describe("the ledger's statements", () => {
  const heard: Array<Heard> = []
  let databases: ReadonlyArray<Database> = []
  let runtime: ManagedRuntime.ManagedRuntime<LedgerPort, unknown>
  let owner: postgres.Sql
  let accountId: AccountId
  const sessions: Array<postgres.Sql> = []
  before(async () => {
    const [used, empty] = await Promise.all([createDatabase(), createDatabase()])
    databases = [used, empty]
    const listened = Layer.provideMerge(listening(heard), migrated(used.url))
    const start = () => ManagedRuntime.make(Layer.provide(Ledger.layer(), Layer.merge(listened, idsForTests)))
    runtime = start()
    accountId = await runtime.runPromise(everything)
    await runtime.runPromise(reads(accountId))
    // A writer that takes over reads the stored keys while it works: of transactions, and of answers.
    await runtime.dispose()
    runtime = start()
    const isFilled = () =>
      heard.some(
        ({ options, queries }) =>
          options.name === "ledger keys" && [...queries.keys()].some((text) => text.includes("ledger.answer"))
      )
    while (!isFilled()) await runtime.runPromise(funded(1))
    await Effect.runPromise(Effect.scoped(Layer.build(migrated(empty.url))))
    owner = postgres(empty.url, { max: 1, onnotice: () => {} })
    for (const { options } of heard) sessions.push(sessionOf(empty, options))
  })
  after(async () => {
    await runtime.dispose()
    await Promise.all([owner, ...sessions].map((sql) => sql.end()))
    await Promise.all(databases.map((each) => each.drop()))
  })

  /** The scans of ledger tables that a prepared statement's plan has and that are no search. */
  const unsearchedIn = async (sql: postgres.Sql, execute: string, isRange: boolean): Promise<ReadonlyArray<Node>> => {
    const [row] = await sql.unsafe<Array<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Node }> }>>(
      `explain (format json) ${execute}`
    )
    const nodes = (row?.["QUERY PLAN"] ?? []).flatMap(({ Plan }) => nodesOf(Plan))
    return nodes.filter(
      (node) =>
        node["Node Type"].includes("Scan") && (node["Relation Name"] ?? "") in searched && !isSearch(node, isRange)
    )
  }

  /** Statements prepared in the writer's session, and those of lookups and reads: what they read without an index search. */
  const unsearched = async (mode: PlanMode): Promise<ReadonlyArray<string>> => {
    const found: Array<string> = []
    let statements = 0
    for (const [index, { options, scripts, queries }] of heard.entries()) {
      const sql = sessions[index]
      if (sql === undefined) continue
      const isReader = options.name === "ledger reader"
      if (isReader) await sql.unsafe(`set plan_cache_mode = '${mode}'`)
      await sql.unsafe("deallocate all")
      const texts = [...scripts].flatMap((script) => script.split(";\n"))
      for (const text of texts) if (text.startsWith("prepare ")) await sql.unsafe(text)
      const executed = texts.filter((text) => text.startsWith("execute "))
      for (const [at, [text, parameters]] of [...queries].entries()) {
        await sql.unsafe(`prepare lookup_${at} as ${text}`)
        executed.push(
          `execute lookup_${at} ${parameters.length === 0 ? "" : `(${parameters.map(literal)})`} /* ${text} */`
        )
      }
      for (const text of executed) {
        statements += 1
        for (const node of await unsearchedIn(sql, text, !isReader && isOfRange(text)))
          found.push(`${text.slice(0, 200)}: ${JSON.stringify(node)}`)
      }
    }
    assert.ok(statements >= 20, `only ${statements} statements were heard`)
    return found
  }

  test("find rows by an index search each when they are planned on empty tables", async () => {
    for (const mode of planModes) assert.deepEqual(await unsearched(mode), [])
  })

  test("and on small ones, and on large ones", async () => {
    for (const count of [3, 20_000]) {
      await owner.unsafe(`${filling(count)}; analyze`)
      for (const mode of planModes) assert.deepEqual(await unsearched(mode), [])
    }
  })

  test("look at few rows of a ledger that was empty when they and their functions were planned", async () => {
    const database = await createDatabase()
    await Effect.runPromise(Effect.scoped(Layer.build(migrated(database.url))))
    const said = heard.find(({ options, queries }) => options.name === "ledger reader" && queries.size > 0)
    assert.ok(said !== undefined && said.queries.size >= 6)
    const sql = sessionOf(database, said.options)
    const filler = postgres(database.url, { max: 1, onnotice: () => {} })
    for (let times = 0; times < 8; times++)
      for (const [text, parameters] of said.queries) await sql.unsafe(text, parameters.map(bound), prepared)
    await filler.unsafe(`alter table ledger.transaction set (autovacuum_enabled = off); ${filling(20_000)}`)
    await filler.unsafe(account(uuidOf(accountId), 20_000))
    for (const [text, parameters] of said.queries) {
      const rows = await sql.begin(async (begun) => {
        await begun.unsafe(text, parameters.map(bound), prepared)
        return lookedAt(begun)
      })
      assert.ok(rows < 200, `${rows} rows were looked at by: ${text}`)
    }
    await Promise.all([sql.end(), filler.end()])
    await database.drop()
  })
})
