/**
 * Customers' accounts in PostgreSQL. Each method is one statement, so one transaction and one round trip, and one more
 * to learn why the first changed nothing; finds that come while others are under way share one. `insert` waits for
 * another insert under the same key; `save` locks the account's row for its own statement.
 */

import { Clock, Effect, Layer, Schema } from "effect"
import { AccountStore, AccountStoreUnavailable, type Opening } from "../../../application/ports/AccountStore.ts"
import { IdempotencyConflict } from "../../../application/ports/Idempotency.ts"
import { Account } from "../../../domain/accounts/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { Rejection } from "../../../domain/ledger/index.ts"
import { arrayOf } from "../Columns.ts"
import { bigintOf, intOf, type Row, textOf } from "../Fields.ts"
import { coalesced } from "../ledger/Coalesce.ts"
import { type Parameter, Postgres } from "../Postgres.ts"
import { sha256 } from "../Sql.ts"
import { accountId, customerId, uuidOf } from "../Uuid.ts"
import { accountColumns, accountOf, changingFields, fixedFields } from "./AccountRows.ts"

/** How many connections the store may open. */
export interface AccountStoreOptions {
  readonly connectionsMax: number
}

const role = "bank_accounts"

// Every read is of some accounts by an index; without statistics the planner would read all of a small table for them.
const settings = { enable_seqscan: "off", enable_bitmapscan: "off", jit: "off" } as const

const AccountJson = Schema.fromJsonString(Account.Account)
const encodeAccount = Schema.encodeSync(AccountJson)
const decodeAccount = Schema.decodeUnknownSync(Account.Account)

// The account is inserted only with its opening: under a key that is taken nothing is.
const insertSql = `with opening as (
    insert into accounts.opening (key, fingerprint, account_id, account, answer)
    values ($1::text::bytea, $2::text::bytea, $5::uuid, $3::text::json, $4::text::json)
    on conflict (key) do nothing returning key)
  insert into accounts.account (account_id, owner, created_at, product, currency, number, iban,
    version, name, overdraft_limit, status, frozen_for, sweep_to, closed_at, swept_to, saved_at)
  select $5::uuid, $6::uuid, $7::timestamptz, $8, $9, $10, $11,
    $12::integer, $13, $14::bigint, $15, $16, $17::uuid, $18::timestamptz, $19::uuid, $20::timestamptz
  from opening returning account_id`

const saveSql = `update accounts.account set
    version = $2::integer, name = $3, overdraft_limit = $4::bigint, status = $5, frozen_for = $6, sweep_to = $7::uuid,
    closed_at = $8::timestamptz, swept_to = $9::uuid, saved_at = $10::timestamptz
  where account_id = $1::uuid and version = $2::integer - 1 returning account_id`

const make = Effect.fnUntraced(function* ({ connectionsMax }: AccountStoreOptions) {
  const pool = yield* (yield* Postgres).pool({ name: "accounts", role, connectionsMax, settings })
  const run = (text: string, parameters: ReadonlyArray<Parameter>) =>
    Effect.mapError(pool.query(text, parameters), ({ reason }) => new AccountStoreUnavailable({ reason }))
  const timestamp = Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis).toISOString())
  const accounts = (rows: ReadonlyArray<Row>): ReadonlyArray<Account.Account> => rows.map(accountOf)

  const found = coalesced((ids: ReadonlyArray<AccountId>) =>
    Effect.map(
      run(`select ${accountColumns} from accounts.account where account_id = any ($1::text::uuid[])`, [
        arrayOf(ids.map(uuidOf))
      ]),
      // Each reader decodes its own: a row that is wrong fails no other read.
      (rows) => new Map(rows.map((row) => [accountId(textOf(row, "account_id")), row]))
    )
  )

  const storedOpening = Effect.fnUntraced(function* ({ key, fingerprint }: Opening) {
    const text = `select fingerprint = $2::text::bytea as same, account, answer from accounts.opening
      where key = $1::text::bytea`
    const [row] = yield* run(text, [sha256(key), sha256(fingerprint)])
    if (row === undefined) return yield* Effect.die(new Error("an opening was in the way and is gone"))
    if (row.same !== true) return yield* Effect.fail(new IdempotencyConflict({ key }))
    const stored: Opening = {
      key,
      fingerprint,
      account: decodeAccount(row.account),
      answer: decodeAccount(row.answer)
    }
    return stored
  })

  return AccountStore.of({
    nextNumber: Effect.map(run("select nextval('accounts.number') as number", []), ([row]) =>
      bigintOf(row ?? {}, "number")
    ),
    insert: Effect.fn("AccountStore.insert")(function* (opening) {
      const { key, fingerprint, account, answer } = opening
      const inserted = yield* run(insertSql, [
        sha256(key),
        sha256(fingerprint),
        encodeAccount(account),
        encodeAccount(answer),
        ...fixedFields(account),
        ...changingFields(account),
        yield* timestamp
      ])
      return inserted.length === 1 ? opening : yield* storedOpening(opening)
    }),
    find: Effect.fn("AccountStore.find")(function* (accountId) {
      const [row] = yield* found([accountId])
      return row === undefined ? yield* Effect.fail(new Rejection.AccountNotFound({ accountId })) : accountOf(row)
    }),
    owners: Effect.fn("AccountStore.owners")(function* (ids) {
      const text = "select account_id, owner from accounts.account where account_id = any ($1::text::uuid[])"
      const rows = yield* run(text, [arrayOf(ids.map(uuidOf))])
      return new Map(rows.map((row) => [accountId(textOf(row, "account_id")), customerId(textOf(row, "owner"))]))
    }),
    list: Effect.fn("AccountStore.list")(function* ({ owner, after, limit }) {
      const owned = owner === undefined ? "" : "owner = $3::uuid and "
      const text = `select ${accountColumns} from accounts.account
        where ${owned} ($1::uuid is null or account_id > $1) order by account_id limit $2`
      const from = after === undefined ? null : uuidOf(after)
      return accounts(yield* run(text, owner === undefined ? [from, limit] : [from, limit, uuidOf(owner)]))
    }),
    save: Effect.fn("AccountStore.save")(function* (account) {
      const { id: accountId, version } = account
      const uuid = uuidOf(accountId)
      const saved = yield* run(saveSql, [uuid, ...changingFields(account), yield* timestamp])
      if (saved.length === 1) return
      const [row] = yield* run("select version from accounts.account where account_id = $1", [uuid])
      if (row === undefined) return yield* Effect.fail(new Rejection.AccountNotFound({ accountId }))
      const actual = intOf(row, "version")
      return yield* Effect.fail(new Account.VersionConflict({ accountId, expected: version - 1, actual }))
    }),
    confirm: Effect.fn("AccountStore.confirm")(function* (id, version) {
      yield* run(
        `update accounts.account set confirmed_version = $2::integer
          where account_id = $1 and confirmed_version < $2::integer`,
        [uuidOf(id), version]
      )
    }),
    unconfirmed: Effect.fn("AccountStore.unconfirmed")(function* ({ savedBefore, limit }) {
      const text = `select ${accountColumns} from accounts.account
        where confirmed_version < version and saved_at < $1::timestamptz order by saved_at limit $2`
      return accounts(yield* run(text, [new Date(savedBefore).toISOString(), limit]))
    })
  })
})

/** Customers' accounts in PostgreSQL; the migrations must have run. */
export const layer = (
  options: AccountStoreOptions = { connectionsMax: 4 }
): Layer.Layer<AccountStore, never, Postgres> => Layer.effect(AccountStore, make(options))
