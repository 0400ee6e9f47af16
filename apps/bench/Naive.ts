/**
 * The naive reference: a transfer as it is usually written, one database transaction of eight round trips, which locks
 * its two accounts in the order of their ids. The same driver as the ledger's, statements prepared, every transfer new.
 */
import postgres from "postgres"
import type { Check, Contender } from "./Contender.ts"
import { type Dice, dice } from "./Dice.ts"
import { sampleOf } from "./Sample.ts"
import { type Pair, pairs, type Spread } from "./Spread.ts"

type Sql = postgres.Sql<{ readonly bigint: bigint }>

const connections = 32

const schema = `
create schema naive;
create table naive.account (id int primary key, balance bigint not null check (balance >= 0));
create table naive.transaction (
  id bigint generated always as identity primary key,
  booked_at timestamptz not null default now()
);
create table naive.entry (
  id bigint generated always as identity primary key,
  transaction_id bigint not null references naive.transaction,
  account_id int not null references naive.account,
  amount bigint not null,
  balance bigint not null
);
create index on naive.entry (account_id, id);
create index on naive.entry (transaction_id);
create table naive.idempotency_key (
  key text primary key,
  transaction_id bigint not null references naive.transaction
);`

interface Account {
  readonly id: number
  readonly balance: bigint
}

const transfer = (sql: Sql, key: string, from: number, to: number, amount: bigint) =>
  sql.begin(async (tx) => {
    const rows = await tx<Array<Account>>`
      select id, balance from naive.account where id in (${from}, ${to}) order by id for update`
    const balances = new Map(rows.map(({ id, balance }) => [id, balance]))
    const paying = (balances.get(from) ?? 0n) - amount
    const paid = (balances.get(to) ?? 0n) + amount
    if (paying < 0n) throw new Error("the naive transfer ran out of funds")
    await tx`update naive.account set balance = ${paying} where id = ${from}`
    await tx`update naive.account set balance = ${paid} where id = ${to}`
    const [transaction] = await tx<Array<{ id: bigint }>>`insert into naive.transaction default values returning id`
    const id = transaction?.id ?? 0n
    await tx`insert into naive.entry (transaction_id, account_id, amount, balance)
      values (${id}, ${from}, ${-amount}, ${paying}), (${id}, ${to}, ${amount}, ${paid})`
    await tx`insert into naive.idempotency_key (key, transaction_id) values (${key}, ${id})`
  })

/** The naive bank: its contenders, and what must be true of it afterwards. */
export interface Naive {
  readonly contender: (spread: Spread) => Contender
  readonly checks: () => Promise<ReadonlyArray<Check>>
  readonly end: () => Promise<void>
}

/** Makes the naive schema with funded accounts. */
export const openNaive = async (url: string, accounts: number, fundsMinor: bigint): Promise<Naive> => {
  const sql: Sql = postgres(url, {
    max: connections,
    fetch_types: false,
    types: { bigint: postgres.BigInt },
    onnotice: () => {}
  })
  await sql.unsafe(schema)
  await sql`insert into naive.account select id, ${fundsMinor} from generate_series(0, ${accounts - 1}::int) id`
  let keys = 0
  let contenders = 0
  let committedInAll = 0

  const client = async (roll: Dice, choose: (roll: Dice) => Pair, until: number, latenciesMs: Array<number>) => {
    while (performance.now() < until) {
      const [from, to] = choose(roll)
      const sentAt = performance.now()
      await transfer(sql, `naive-${keys++}`, from, to, BigInt(1 + roll(10_000)))
      latenciesMs.push(performance.now() - sentAt)
    }
  }

  return {
    contender: (spread) => {
      const roll = dice(++contenders)
      const choose = pairs(accounts, spread)
      return {
        name: `naive transfer, ${spread}, ${connections} connections`,
        prepare: async () => {
          await sql`vacuum naive.account`
        },
        run: async (seconds) => {
          const latenciesMs: Array<number> = []
          const start = performance.now()
          const until = start + seconds * 1000
          await Promise.all(Array.from({ length: connections }, () => client(roll, choose, until, latenciesMs)))
          committedInAll += latenciesMs.length
          return sampleOf(latenciesMs.length, (performance.now() - start) / 1000, latenciesMs)
        }
      }
    },
    checks: async () => {
      const [row] = await sql<Array<Record<"balances" | "entries" | "transactions" | "keys", string>>>`
        select (select sum(balance) from naive.account)::text balances,
               (select coalesce(sum(amount), 0) from naive.entry)::text entries,
               (select count(*) from naive.transaction)::text transactions,
               (select count(*) from naive.idempotency_key)::text keys`
      const isRight =
        row?.balances === String(fundsMinor * BigInt(accounts)) &&
        row.entries === "0" &&
        row.transactions === String(committedInAll) &&
        row.keys === row.transactions
      return [
        { what: `naive: ${committedInAll} acknowledged transfers are stored, and no money appeared`, holds: isRight }
      ]
    },
    end: () => sql.end()
  }
}
