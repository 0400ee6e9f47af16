/**
 * Sessions in PostgreSQL. Each method is one statement, so one transaction and one round trip; those that
 * write lock the rows that they change for their own statement. Only this bank's own sessions are seen.
 */
import { Effect, Layer, Schema } from "effect"
import type { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { SessionNotFound, SessionStore } from "../../../application/ports/UserStore.ts"
import { Session } from "../../../domain/identity/index.ts"
import { arrayOf } from "../Columns.ts"
import { booleanOf, type Row, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { millis } from "../Sql.ts"
import { sessionId, userId, uuidOf } from "../Uuid.ts"
import { sealing } from "./Sealing.ts"
import { instantOf, optionalInstant, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

const openMax = 100
const revokedMax = 10_000

/** The personal data of a session. */
const Device = Schema.Struct({
  address: Session.Session.fields.address,
  userAgent: Session.Session.fields.userAgent
})
type Device = typeof Device.Type

const DeviceJson = Schema.fromJsonString(Device)
const encodeDevice = Schema.encodeSync(DeviceJson)
const decodeDevice = Schema.decodeUnknownSync(DeviceJson, { onExcessProperty: "error" })
const decodeSession = Schema.decodeUnknownSync(Schema.toType(Session.Session), { onExcessProperty: "error" })

const deviceOf = ({ address, userAgent }: Session.Session): Device | undefined =>
  address === undefined && userAgent === undefined
    ? undefined
    : { ...(address === undefined ? {} : { address }), ...(userAgent === undefined ? {} : { userAgent }) }

const placeOf = (id: string): string => `users.session.sealed ${id}`

const columns = `session_id, user_id, client, array_to_string(methods, ' ') as methods, assurance,
  ${millis("authenticated_at")}, ${millis("created_at")}, ${millis("last_seen_at")}, ${millis("expires_at")},
  ${millis("revoked_at")}, sealed`

const sessionOf = (row: Row, device: Device): Session.Session => {
  const methods = textOf(row, "methods")
  return decodeSession({
    id: sessionId(textOf(row, "session_id")),
    user: userId(textOf(row, "user_id")),
    client: row.client,
    methods: methods === "" ? [] : methods.split(" "),
    assurance: row.assurance,
    authenticatedAt: instantOf(row, "authenticated_at"),
    createdAt: instantOf(row, "created_at"),
    lastSeenAt: instantOf(row, "last_seen_at"),
    expiresAt: instantOf(row, "expires_at"),
    ...optionalInstant(row, "revoked_at", "revokedAt"),
    ...device
  })
}

/** methods, assurance, authenticated_at, last_seen_at, expires_at. */
const changingFields = (session: Session.Session): ReadonlyArray<Parameter> => [
  arrayOf(session.methods),
  session.assurance,
  timestamp(session.authenticatedAt),
  timestamp(session.lastSeenAt),
  timestamp(session.expiresAt)
]

const insertSql = `insert into users.session (session_id, tenant, user_id, client, created_at, revoked_at,
    methods, assurance, authenticated_at, last_seen_at, expires_at, sealed)
  values ($1::uuid, $2, $3::uuid, $4, $5::timestamptz, $6::timestamptz,
    $7::text::text[], $8, $9::timestamptz, $10::timestamptz, $11::timestamptz, $12::text::bytea)`

const saveSql = `update users.session set methods = $3::text::text[], assurance = $4,
    authenticated_at = $5::timestamptz, last_seen_at = $6::timestamptz, expires_at = $7::timestamptz
  where session_id = $1::uuid and tenant = $2 returning session_id`

const touchSql = `update users.session set last_seen_at = greatest(last_seen_at, $3::timestamptz),
    expires_at = greatest(expires_at, $4::timestamptz)
  where session_id = $1::uuid and tenant = $2 returning session_id`

const forgetSql = `update users.session set sealed = null where user_id = $1::uuid and tenant = $2 returning session_id`

// One that is over is revoked too: a request that began before its end may still extend it. From where it was is on the
// audit log; nobody is shown it here any more.
const revokeSql = (which: string): string => `update users.session set revoked_at = $3::timestamptz, sealed = null
  where user_id = $1::uuid and tenant = $2 and revoked_at is null and ${which}
  returning session_id, expires_at > $3::timestamptz as ended`

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { tenant } = yield* Terms
  const { seal, open } = yield* sealing
  const run = (text: string, parameters: ReadonlyArray<Parameter>) => orUnavailable(pool.query(text, parameters))

  const decoded = Effect.fnUntraced(function* (row: Row) {
    const place = placeOf(sessionId(textOf(row, "session_id")))
    return sessionOf(row, row.sealed === null ? {} : decodeDevice(yield* orUnavailable(open(tenant, place, row))))
  })

  return SessionStore.of({
    insert: Effect.fn("SessionStore.insert")(function* (session) {
      const device = deviceOf(session)
      const sealed =
        device === undefined ? null : yield* orUnavailable(seal(tenant, placeOf(session.id), encodeDevice(device)))
      yield* run(insertSql, [
        uuidOf(session.id),
        tenant,
        uuidOf(session.user),
        session.client,
        timestamp(session.createdAt),
        timestamp(session.revokedAt),
        ...changingFields(session),
        sealed
      ])
    }),
    find: Effect.fn("SessionStore.find")(function* (id) {
      const text = `select ${columns} from users.session where session_id = $1::uuid and tenant = $2`
      const [row] = yield* run(text, [uuidOf(id), tenant])
      return row === undefined ? yield* Effect.fail(new SessionNotFound({ sessionId: id })) : yield* decoded(row)
    }),
    of: Effect.fn("SessionStore.of")(function* (user, now) {
      const text = `select ${columns} from users.session
        where user_id = $1::uuid and tenant = $2 and revoked_at is null and expires_at > $3::timestamptz
        order by session_id desc limit ${openMax}`
      return yield* Effect.forEach(yield* run(text, [uuidOf(user), tenant, timestamp(now)]), decoded)
    }),
    save: Effect.fn("SessionStore.save")(function* (session) {
      const saved = yield* run(saveSql, [uuidOf(session.id), tenant, ...changingFields(session)])
      if (saved.length === 0) yield* Effect.fail(new SessionNotFound({ sessionId: session.id }))
    }),
    touch: Effect.fn("SessionStore.touch")(function* (id, lastSeenAt, expiresAt) {
      yield* run(touchSql, [uuidOf(id), tenant, timestamp(lastSeenAt), timestamp(expiresAt)])
    }),
    forget: Effect.fn("SessionStore.forget")(function* (user) {
      const rows = yield* run(forgetSql, [uuidOf(user), tenant])
      return rows
        .map((row) => sessionId(textOf(row, "session_id")))
        .sort()
        .reverse()
    }),
    revoke: Effect.fn("SessionStore.revoke")(function* (user, which, now) {
      const [condition, session] =
        "only" in which ? ["session_id = $4::uuid", which.only] : ["session_id is distinct from $4::uuid", which.except]
      const parameters = [uuidOf(user), tenant, timestamp(now), session === undefined ? null : uuidOf(session)]
      const rows = yield* run(revokeSql(condition), parameters)
      const ended = rows.filter((row) => booleanOf(row, "ended")).map((row) => sessionId(textOf(row, "session_id")))
      return ended.sort().reverse()
    }),
    revokedSince: Effect.fn("SessionStore.revokedSince")(function* (since) {
      const text = `select session_id, ${millis("revoked_at")} from users.session
        where tenant = $1 and revoked_at > $2::timestamptz order by session.revoked_at, session_id limit ${revokedMax}`
      return (yield* run(text, [tenant, timestamp(since)])).map((row) => ({
        session: sessionId(textOf(row, "session_id")),
        at: instantOf(row, "revoked_at")
      }))
    })
  })
})

/** Sessions in PostgreSQL. */
export const layer: Layer.Layer<SessionStore, never, UsersPool | FieldCipher | Terms> = Layer.effect(SessionStore, make)
