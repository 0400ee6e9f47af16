/** What PostgreSQL plans for the statements of the writer while the tables are empty, and does with them ever after. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import type { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { cents, funded, held, hold, posted, submit, transfer } from "../../contract/index.ts"
import { quotedLiteral } from "../Columns.ts"
import { idsForTests, migrated } from "../fixture.ts"
import * as Postgres from "../Postgres.ts"
import * as Ledger from "./Ledger.ts"

/** What a pool of the writer was opened with, and what it ran: scripts, and queries with parameters of theirs. */
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
})

/** A node of a plan as PostgreSQL explains it. */
interface Node {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Index Cond"?: string
  readonly Plans?: ReadonlyArray<Node>
}

const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

/** How an index search of few rows of a table reads. */
const searched: Readonly<Record<string, RegExp>> = {
  account: /account_id = /u,
  hold: /hold_id = /u,
  answer: /key = /u,
  transaction: /(transaction_id|reverses|key) = |account_[12] = .*sequence_[12] > /u,
  leg: /account_id = .*sequence [=>] |sequence = .*account_id = /u,
  batch: /ledger_id = .*first (<|IS NOT NULL)/u
}

/** Statements that read rows in the order of an index, or the whole ledger: those search for the ledger alone. */
const isOfRange = (execute: string): boolean => / limit /u.test(execute) || /^execute lookup_\d+ \(\d+\)/u.test(execute)

const isSearch = (node: Node, isRange: boolean): boolean => {
  const condition = node["Index Cond"]
  return condition !== undefined && (isRange || searched[node["Relation Name"] ?? ""]?.test(condition) === true)
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
    select 1, gen_random_uuid(), now(), '2026-02-03', 'transfer', n, gen_random_uuid(), gen_random_uuid(), 1, 1, 5, 5, 5,
      gen_random_uuid(), gen_random_uuid(), 'debit', 'USD', gen_random_uuid() from generate_series(1, ${count}) n;
  insert into ledger.leg select 1, gen_random_uuid(), 1, 5, 5, gen_random_uuid(), 'debit'
    from generate_series(1, ${count});
  analyze`

describe("the writer's statements", () => {
  const heard: Array<Heard> = []
  let databases: ReadonlyArray<Database> = []
  let runtime: ManagedRuntime.ManagedRuntime<LedgerPort, unknown>
  let owner: postgres.Sql
  const sessions: Array<postgres.Sql> = []
  before(async () => {
    const [used, empty] = await Promise.all([createDatabase(), createDatabase()])
    databases = [used, empty]
    const listened = Layer.provideMerge(listening(heard), migrated(used.url))
    const start = () => ManagedRuntime.make(Layer.provide(Ledger.layer(), Layer.merge(listened, idsForTests)))
    runtime = start()
    await runtime.runPromise(everything)
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
    for (const { options } of heard)
      sessions.push(
        postgres(empty.url, {
          max: 1,
          onnotice: () => {},
          connection: { role: options.role ?? "", ...options.settings }
        })
      )
  })
  after(async () => {
    await runtime.dispose()
    await Promise.all([owner, ...sessions].map((sql) => sql.end()))
    await Promise.all(databases.map((each) => each.drop()))
  })

  /** The scans of ledger tables that a prepared statement's plan has and that are no search. */
  const reads = async (sql: postgres.Sql, execute: string, isRange: boolean): Promise<ReadonlyArray<Node>> => {
    const [row] = await sql.unsafe<Array<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Node }> }>>(
      `explain (format json) ${execute}`
    )
    const nodes = (row?.["QUERY PLAN"] ?? []).flatMap(({ Plan }) => nodesOf(Plan))
    return nodes.filter(
      (node) =>
        node["Node Type"].includes("Scan") && (node["Relation Name"] ?? "") in searched && !isSearch(node, isRange)
    )
  }

  /** Statements prepared in the writer's session, and those of its lookups: what they read without an index search. */
  const unsearched = async (): Promise<ReadonlyArray<string>> => {
    const found: Array<string> = []
    let statements = 0
    for (const [index, { options, scripts, queries }] of heard.entries()) {
      const sql = sessions[index]
      if (sql === undefined || options.name === "ledger reader") continue
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
        for (const node of await reads(sql, text, isOfRange(text)))
          found.push(`${text.slice(0, 200)}: ${JSON.stringify(node)}`)
      }
    }
    assert.ok(statements >= 20, `only ${statements} statements were heard`)
    return found
  }

  test("find rows by an index search each when they are planned on empty tables", async () => {
    assert.deepEqual(await unsearched(), [])
  })

  test("and on small ones, and on large ones", async () => {
    await owner.unsafe(filling(3))
    assert.deepEqual(await unsearched(), [])
    await owner.unsafe(filling(20_000))
    assert.deepEqual(await unsearched(), [])
  })
})
