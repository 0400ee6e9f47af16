/**
 * Delegations in PostgreSQL. Each method is one statement, so one transaction and one round trip, and `insert` one more
 * to read what is in its way. `insert` waits for another insert under the same key; `revoke` locks the delegation's row
 * for its own statement.
 */

import { Effect, Layer } from "effect"
import {
  DelegationNotFound,
  DelegationStore,
  UserStoreUnavailable
} from "../../../application/ports/DelegationStore.ts"
import { IdempotencyConflict } from "../../../application/ports/Idempotency.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { arrayOf } from "../Columns.ts"
import { type Parameter, Postgres } from "../Postgres.ts"
import { sha256 } from "../Sql.ts"
import { uuidOf } from "../Uuid.ts"
import { delegationColumns, delegationOf, fixedFields } from "./DelegationRows.ts"

/** How many connections the store may open. */
export interface DelegationStoreOptions {
  readonly connectionsMax: number
}

const role = "bank_access"

/** Delegations given at once. */
const limit = 1000

const insertSql = `insert into access.delegation (key, fingerprint, delegation_id, grantor, grantee, account, kind,
    access_right, amount_max, amount_currency, starts_at, ends_at)
  values ($1::text::bytea, $2::text::bytea, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7, $8, $9::bigint, $10,
    $11::timestamptz, $12::timestamptz)
  on conflict (key) do nothing returning delegation_id`

// A union and not an `or`, so that each side reads its own index backwards and no more than it gives.
const ofSql = `select ${delegationColumns} from (
    (select * from access.delegation where grantor = $1::uuid order by delegation_id desc limit ${limit})
    union all
    (select * from access.delegation where grantee = $1::uuid order by delegation_id desc limit ${limit})
  ) as delegation order by delegation_id desc limit ${limit}`

const inForceSql = `select ${delegationColumns} from access.delegation
  where grantee = $1::uuid and grantor = any ($2::text::uuid[]) and revoked_at is null
    and starts_at <= $3::timestamptz and (ends_at is null or $3::timestamptz < ends_at)
  order by delegation_id desc limit ${limit}`

const revokeSql = `update access.delegation set revoked_at = coalesce(revoked_at, $2::timestamptz)
  where delegation_id = $1::uuid returning ${delegationColumns}`

const make = Effect.fnUntraced(function* ({ connectionsMax }: DelegationStoreOptions) {
  const pool = yield* (yield* Postgres).pool({ name: "delegations", role, connectionsMax })
  const run = (text: string, parameters: ReadonlyArray<Parameter>) =>
    Effect.mapError(pool.query(text, parameters), ({ reason }) => new UserStoreUnavailable({ reason }))
  const delegations = (text: string, parameters: ReadonlyArray<Parameter>) =>
    Effect.map(run(text, parameters), (rows) => rows.map(delegationOf))

  return DelegationStore.of({
    insert: Effect.fn("DelegationStore.insert")(function* (key, delegation, fingerprint) {
      const digests = [sha256(key), sha256(fingerprint)]
      const inserted = yield* run(insertSql, [...digests, ...fixedFields(delegation)])
      if (inserted.length === 1) return delegation
      const [row] = yield* run(
        `select fingerprint = $2::text::bytea as same, ${delegationColumns} from access.delegation
          where key = $1::text::bytea`,
        digests
      )
      if (row === undefined) return yield* Effect.die(new Error("a delegation was in the way and is gone"))
      if (row.same !== true) return yield* Effect.fail(new IdempotencyConflict({ key }))
      return delegationOf({ ...row, revoked_at: null })
    }),
    find: Effect.fn("DelegationStore.find")(function* (delegationId) {
      const text = `select ${delegationColumns} from access.delegation where delegation_id = $1::uuid`
      const [found] = yield* delegations(text, [uuidOf(delegationId)])
      return found ?? (yield* Effect.fail(new DelegationNotFound({ delegationId })))
    }),
    of: Effect.fn("DelegationStore.of")((customer) => delegations(ofSql, [uuidOf(customer)])),
    inForce: Effect.fn("DelegationStore.inForce")((grantee, grantors, now) =>
      delegations(inForceSql, [uuidOf(grantee), arrayOf(grantors.map(uuidOf)), Instant.toText(now)])
    ),
    revoke: Effect.fn("DelegationStore.revoke")(function* (delegationId, now) {
      const [revoked] = yield* delegations(revokeSql, [uuidOf(delegationId), Instant.toText(now)])
      return revoked ?? (yield* Effect.fail(new DelegationNotFound({ delegationId })))
    })
  })
})

/** Delegations in PostgreSQL; the migrations must have run. */
export const layer = (
  options: DelegationStoreOptions = { connectionsMax: 4 }
): Layer.Layer<DelegationStore, never, Postgres> => Layer.effect(DelegationStore, make(options))
