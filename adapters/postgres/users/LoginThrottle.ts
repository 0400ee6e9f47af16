/**
 * Failed logins in PostgreSQL. Each method is one statement, so one transaction and one round trip. `failed` and
 * `succeeded` lock the rows of the names in one order, so that two of them take turns and never wait for each other.
 */
import { Effect, Layer } from "effect"
import type { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { LoginThrottle } from "../../../application/ports/UserStore.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { arrayOf, quoted } from "../Columns.ts"
import { intOf } from "../Fields.ts"
import { sealing } from "./Sealing.ts"
import { instantOf, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

/** How long a failure counts unless told. */
const windowMillisUsual = 15 * 60_000

/** No more of a name are counted, so that a row has a bound. */
const countMax = 1000

const failuresSql = `select count(failure)::integer as count, max(failure) as last_at
  from unnest($2::text::bytea[]) with ordinality as asked (name, number)
  left join users.failed_login on failed_login.tenant = $1 and failed_login.name = asked.name
  left join unnest(failed_at) as failure on failure > $3::bigint
  group by number order by number`

const failedSql = `insert into users.failed_login as stored (tenant, name, failed_at, expires_at)
  select $1, name, array[$3::bigint], $5::timestamptz from unnest($2::text::bytea[]) as name order by name
  on conflict (tenant, name) do update set
    failed_at = (
      select array_agg(failure order by failure) from (
        select failure from unnest(stored.failed_at || excluded.failed_at) as failure
        where failure > $4::bigint order by failure desc limit ${countMax}) as counted),
    expires_at = greatest(stored.expires_at, excluded.expires_at)`

const succeededSql = `with cleared as (
    select tenant, name from users.failed_login
    where tenant = $1 and name = any ($2::text::bytea[]) order by name for update)
  delete from users.failed_login using cleared
  where failed_login.tenant = cleared.tenant and failed_login.name = cleared.name`

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { tenant } = yield* Terms
  const { hashed } = yield* sealing

  /** A keyed hash: an address or a number of a user would be guessed from a plain one. */
  const keysOf = (names: ReadonlyArray<string>) =>
    orUnavailable(Effect.forEach(names, (name) => hashed(tenant, "login.failed", name)))
  const literal = (keys: Iterable<string>): string => arrayOf([...keys].map(quoted))
  const since = (now: Instant.Instant, windowMillis: number): string => String(now - windowMillis)

  return LoginThrottle.of({
    failures: Effect.fn("LoginThrottle.failures")(function* (names, now, windowMillis = windowMillisUsual) {
      const keys = yield* keysOf(names)
      const rows = yield* orUnavailable(pool.query(failuresSql, [tenant, literal(keys), since(now, windowMillis)]))
      return rows.map((row) => ({
        count: intOf(row, "count"),
        lastAt: row.last_at === null ? undefined : instantOf(row, "last_at")
      }))
    }),
    failed: Effect.fn("LoginThrottle.failed")(function* (names, now, windowMillis = windowMillisUsual) {
      const keys = new Set(yield* keysOf(names))
      const until = timestamp(Instant.addMillis(now, windowMillis))
      const row = [tenant, literal(keys), String(now), since(now, windowMillis), until]
      yield* orUnavailable(pool.query(failedSql, row))
    }),
    succeeded: Effect.fn("LoginThrottle.succeeded")(function* (names) {
      yield* orUnavailable(pool.query(succeededSql, [tenant, literal(yield* keysOf(names))]))
    })
  })
})

/** Failed logins in PostgreSQL. */
export const layer: Layer.Layer<LoginThrottle, never, UsersPool | FieldCipher | Terms> = Layer.effect(
  LoginThrottle,
  make
)
