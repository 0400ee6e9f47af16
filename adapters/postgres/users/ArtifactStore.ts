/**
 * What the OpenID provider keeps, in PostgreSQL. Each method is one statement, so one transaction and one round trip.
 *
 * Storing an artifact of a grant and ending the grant both lock the grant's row first and hold it to the end of their
 * transaction. So whichever comes second sees what the first did: an artifact is stored only while the grant has not
 * ended, and the end deletes all that were stored before. `revokeGrant` is two statements in one transaction and one
 * round trip, because the second must see what was committed while the first waited for the lock.
 */
import { Clock, Effect, Layer, Schema } from "effect"
import type { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { type Artifact, ArtifactStore } from "../../../application/ports/Tokens.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { quotedLiteral } from "../Columns.ts"
import { bytesOf, type Row, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { millis, sha256 } from "../Sql.ts"
import { sealing } from "./Sealing.ts"
import { byteaOf, optionalInstant, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

/** How long a grant that ended is kept in mind: whatever was under way when it ended is over long before. */
const keptMillis = 30 * 86_400_000

const listMax = 1000

/** What is sealed: all that names the artifact, and its payload. */
const Content = Schema.Struct({
  id: Schema.String,
  payload: Schema.String,
  grantId: Schema.optionalKey(Schema.String),
  uid: Schema.optionalKey(Schema.String),
  userCode: Schema.optionalKey(Schema.String)
})

const ContentJson = Schema.fromJsonString(Content)
const encodeContent = Schema.encodeSync(ContentJson)
const decodeContent = Schema.decodeUnknownSync(ContentJson, { onExcessProperty: "error" })

const placeOf = (model: string, key: string): string => `users.artifact.sealed ${model} ${key}`

const columns = `model, id_key, ${millis("expires_at")}, ${millis("consumed_at")}, sealed`

// What was used stays so, whoever writes it again.
const storeSql = (from: string): string => `insert into users.artifact as stored
    (tenant, model, id_key, uid_key, user_code_key, stored_at, expires_at, consumed_at, sealed, grant_key)
  select $1, $2, $3::text::bytea, $4::text::bytea, $5::text::bytea, $6::timestamptz, $7::timestamptz, $8::timestamptz,
    $9::text::bytea, $10::text::bytea ${from}
  on conflict (tenant, model, id_key) do update set
    uid_key = excluded.uid_key, user_code_key = excluded.user_code_key, stored_at = excluded.stored_at,
    expires_at = excluded.expires_at, consumed_at = coalesce(stored.consumed_at, excluded.consumed_at),
    sealed = excluded.sealed, grant_key = excluded.grant_key`

// Of a grant that ended the row is locked, but neither changed nor returned.
const storeOfGrantSql = `with lasting as (
    insert into users.oauth_grant as stored (tenant, grant_key, kept_until)
    values ($1, $10::text::bytea, $11::timestamptz)
    on conflict (tenant, grant_key) do update set kept_until = excluded.kept_until where stored.ended_at is null
    returning tenant)
  ${storeSql("from lasting")}`

const storeOfNoneSql = storeSql("")

const live = "(expires_at is null or expires_at > $2::timestamptz)"

const bySql = (key: "id_key" | "uid_key" | "user_code_key"): string => `select ${columns} from users.artifact
  where tenant = $1 and model = $3 and ${key} = $4::text::bytea and ${live} order by stored_at desc limit 1`

const [byIdSql, byUidSql, byUserCodeSql] = [bySql("id_key"), bySql("uid_key"), bySql("user_code_key")]

const consumeSql = `update users.artifact set consumed_at = $5::timestamptz
  where tenant = $1 and model = $3 and id_key = $4::text::bytea and ${live} and consumed_at is null returning model`

const listSql = `select ${columns} from users.artifact where tenant = $1 and model = $3 and ${live}
  order by id_key limit ${listMax}`

const endSql = (tenant: string, grant: string, now: string, until: string): string =>
  `insert into users.oauth_grant as stored (tenant, grant_key, ended_at, kept_until)
    values (${tenant}, ${grant}, ${now}, ${until})
    on conflict (tenant, grant_key) do update set
      ended_at = coalesce(stored.ended_at, excluded.ended_at), kept_until = excluded.kept_until;
  delete from users.artifact where tenant = ${tenant} and grant_key = ${grant}`

const byId = (left: Artifact, right: Artifact): number => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

const hashOf = (text: string | undefined): string | null => (text === undefined ? null : sha256(text))

const present = Effect.map(Clock.currentTimeMillis, Instant.fromMillis)

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { tenant } = yield* Terms
  const { seal, open } = yield* sealing
  const run = (text: string, parameters: ReadonlyArray<Parameter>) => orUnavailable(pool.query(text, parameters))

  const decoded = Effect.fnUntraced(function* (row: Row) {
    const model = textOf(row, "model")
    const place = placeOf(model, byteaOf(bytesOf(row, "id_key")))
    const artifact: Artifact = {
      model,
      ...decodeContent(yield* open(tenant, place, row)),
      ...optionalInstant(row, "expires_at", "expiresAt"),
      ...optionalInstant(row, "consumed_at", "consumedAt")
    }
    return artifact
  })

  const firstBy = (text: string) =>
    Effect.fnUntraced(function* (model: string, name: string) {
      const [row] = yield* run(text, [tenant, timestamp(yield* present), model, sha256(name)])
      return row === undefined ? undefined : yield* decoded(row)
    })

  return ArtifactStore.of({
    upsert: Effect.fn("ArtifactStore.upsert")(function* ({ model, expiresAt, consumedAt, ...content }) {
      const { id, uid, userCode, grantId } = content
      const key = sha256(id)
      const now = yield* present
      const row = [
        tenant,
        model,
        key,
        hashOf(uid),
        hashOf(userCode),
        timestamp(now),
        timestamp(expiresAt),
        timestamp(consumedAt),
        yield* seal(tenant, placeOf(model, key), encodeContent(content)),
        hashOf(grantId)
      ]
      yield* grantId === undefined
        ? run(storeOfNoneSql, row)
        : run(storeOfGrantSql, [...row, timestamp(Instant.addMillis(now, keptMillis))])
    }),
    find: firstBy(byIdSql),
    findByUid: firstBy(byUidSql),
    findByUserCode: firstBy(byUserCodeSql),
    consume: Effect.fn("ArtifactStore.consume")(function* (model, id, now) {
      const parameters = [tenant, timestamp(yield* present), model, sha256(id), timestamp(now)]
      return (yield* run(consumeSql, parameters)).length === 1
    }),
    destroy: Effect.fn("ArtifactStore.destroy")(function* (model, id) {
      const text = "delete from users.artifact where tenant = $1 and model = $2 and id_key = $3::text::bytea"
      yield* run(text, [tenant, model, sha256(id)])
    }),
    revokeGrant: Effect.fn("ArtifactStore.revokeGrant")(function* (grantId) {
      const now = yield* present
      const literals = [
        tenant,
        sha256(grantId),
        Instant.toText(now),
        Instant.toText(Instant.addMillis(now, keptMillis))
      ]
      const [ofTenant = "", grant = "", at = "", until = ""] = literals.map(quotedLiteral)
      yield* orUnavailable(pool.script(endSql(ofTenant, grant, at, until)))
    }),
    list: Effect.fn("ArtifactStore.list")(function* (model) {
      const rows = yield* run(listSql, [tenant, timestamp(yield* present), model])
      return (yield* Effect.forEach(rows, decoded)).sort(byId)
    })
  })
})

/** Artifacts in PostgreSQL. */
export const layer: Layer.Layer<ArtifactStore, never, UsersPool | FieldCipher | Terms> = Layer.effect(
  ArtifactStore,
  make
)
