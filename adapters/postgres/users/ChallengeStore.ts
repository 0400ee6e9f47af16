/**
 * Challenges in PostgreSQL. Each method is one statement, so one transaction and one round trip, and locks the
 * challenge's row for it: of many that take a challenge at once the first deletes it and the others find nothing.
 */
import { Effect, Layer } from "effect"
import type { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { type Challenge, type ChallengeKind, ChallengeStore } from "../../../application/ports/UserStore.ts"
import type { UserId } from "../../../domain/ids/index.ts"
import { arrayOf } from "../Columns.ts"
import { intOf, optionalText, type Row } from "../Fields.ts"
import { millis, sha256 } from "../Sql.ts"
import { userId, uuidOf } from "../Uuid.ts"
import { sealing } from "./Sealing.ts"
import { instantOf, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

const placeOf = (kind: ChallengeKind, digest: string): string => `users.challenge.sealed ${kind} ${digest}`

const idOf = (user: UserId | undefined): string | null => (user === undefined ? null : uuidOf(user))

const insertSql = `insert into users.challenge as stored
    (tenant, kind, digest, user_id, attempts_left, expires_at, sealed, owner_id)
  values ($1, $2, $3::text::bytea, $4::uuid, $5::integer, $6::timestamptz, $7::text::bytea, $8::uuid)
  on conflict (kind, user_id) where user_id is not null do update set
    tenant = excluded.tenant, digest = excluded.digest, attempts_left = excluded.attempts_left,
    expires_at = excluded.expires_at, sealed = excluded.sealed`

const asked = "tenant = $1 and kind = $2 and digest = $3::text::bytea and expires_at > $4::timestamptz"
const columns = `user_id, owner_id, attempts_left, ${millis("expires_at")}, sealed`

const attemptSql = `update users.challenge set attempts_left = attempts_left - 1
  where ${asked} and attempts_left > 0 returning ${columns}`

const takeSql = `delete from users.challenge where ${asked} returning ${columns}`

const endSql = `delete from users.challenge
  where tenant = $1 and (user_id = $2::uuid or owner_id = $2::uuid) and kind = any ($3::text::text[])`

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { tenant } = yield* Terms
  const { seal, open } = yield* sealing

  const decoded = Effect.fnUntraced(function* (kind: ChallengeKind, digest: string, row: Row) {
    const [user, owner] = [optionalText(row, "user_id"), optionalText(row, "owner_id")]
    const challenge: Challenge = {
      digest,
      kind,
      ...(user === undefined ? {} : { user: userId(user) }),
      ...(owner === undefined ? {} : { owner: userId(owner) }),
      data: yield* orUnavailable(open(tenant, placeOf(kind, sha256(digest)), row)),
      attemptsLeft: intOf(row, "attempts_left"),
      expiresAt: instantOf(row, "expires_at")
    }
    return challenge
  })

  const firstOf = (text: string) =>
    Effect.fnUntraced(function* (kind: ChallengeKind, digest: string, now: Challenge["expiresAt"]) {
      const [row] = yield* orUnavailable(pool.query(text, [tenant, kind, sha256(digest), timestamp(now)]))
      return row === undefined ? undefined : yield* decoded(kind, digest, row)
    })

  return ChallengeStore.of({
    insert: Effect.fn("ChallengeStore.insert")(function* (challenge) {
      const { kind, digest, user, owner, data, attemptsLeft, expiresAt } = challenge
      const key = sha256(digest)
      const sealed = yield* orUnavailable(seal(tenant, placeOf(kind, key), data))
      const row = [tenant, kind, key, idOf(user), attemptsLeft, timestamp(expiresAt), sealed, idOf(owner)]
      yield* orUnavailable(pool.query(insertSql, row))
    }),
    attempt: firstOf(attemptSql),
    take: firstOf(takeSql),
    end: Effect.fn("ChallengeStore.end")(function* (user, kinds) {
      yield* orUnavailable(pool.query(endSql, [tenant, uuidOf(user), arrayOf(kinds)]))
    })
  })
})

/** Challenges in PostgreSQL. */
export const layer: Layer.Layer<ChallengeStore, never, UsersPool | FieldCipher | Terms> = Layer.effect(
  ChallengeStore,
  make
)
