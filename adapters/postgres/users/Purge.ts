/**
 * Deletes what nobody can ask for any more: a bounded number of rows of each table, one statement and so one short
 * transaction for each, passing over rows that someone holds locked.
 */
import { Clock, Effect } from "effect"
import type { UserStoreUnavailable } from "../../../application/ports/DelegationStore.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

/** How long a session is still found after its end. */
const sessionKeptMillis = 30 * 86_400_000

interface Purged {
  readonly table: string
  readonly until: string
  /** How much later than `until` a row goes. */
  readonly keptMillis: number
}

const purged: ReadonlyArray<Purged> = [
  { table: "challenge", until: "expires_at", keptMillis: 0 },
  { table: "failed_login", until: "expires_at", keptMillis: 0 },
  { table: "artifact", until: "expires_at", keptMillis: 0 },
  { table: "oauth_grant", until: "kept_until", keptMillis: 0 },
  { table: "session", until: "expires_at", keptMillis: sessionKeptMillis }
]

// Rows are found by where they lie: the lock keeps them there.
const purgeSql = ({ table, until }: Purged): string => `delete from users.${table} where ctid = any (array(
  select ctid from users.${table} where ${until} <= $1::timestamptz
  order by ${until} limit $2::integer for update skip locked)) returning 1 as gone`

/** Deletes at most `limit` expired rows of each table and gives how many it deleted; again until that is 0. */
export const purgeExpired = (limit: number): Effect.Effect<number, UserStoreUnavailable, UsersPool> =>
  Effect.gen(function* () {
    const pool = yield* UsersPool
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    let count = 0
    for (const each of purged) {
      const before = timestamp(Instant.addMillis(now, -each.keptMillis))
      count += (yield* orUnavailable(pool.query(purgeSql(each), [before, limit]))).length
    }
    return count
  })
