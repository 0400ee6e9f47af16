/** Keys that sign tokens, in PostgreSQL. Each method is one statement, so one transaction and one round trip. */
import { Effect, Layer, Schema } from "effect"
import type { FieldCipher } from "../../../application/ports/Crypto.ts"
import { type SigningKey, SigningKeyStore } from "../../../application/ports/Tokens.ts"
import type { TenantId } from "../../../domain/identity/index.ts"
import { type Row, textOf } from "../Fields.ts"
import { millis } from "../Sql.ts"
import { sealing } from "./Sealing.ts"
import { instantOf, optionalInstant, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

const JwkJson = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
const encodeJwk = Schema.encodeSync(JwkJson)
const decodeJwk = Schema.decodeUnknownSync(JwkJson)

const placeOf = (kid: string): string => `users.signing_key.sealed ${kid}`

const allSql = `select kid, ${millis("created_at")}, ${millis("signs_from")}, ${millis("published_until")}, sealed
  from users.signing_key where tenant = $1 order by signing_key.created_at, kid`

const addSql = `insert into users.signing_key (tenant, kid, created_at, signs_from, published_until, sealed)
  values ($1, $2, $3::timestamptz, $4::timestamptz, $5::timestamptz, $6::text::bytea)`

const retireSql = "update users.signing_key set published_until = $3::timestamptz where tenant = $1 and kid = $2"

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { seal, open } = yield* sealing

  const decoded = (tenant: TenantId) =>
    Effect.fnUntraced(function* (row: Row) {
      const kid = textOf(row, "kid")
      const key: SigningKey = {
        kid,
        jwk: decodeJwk(yield* open(tenant, placeOf(kid), row)),
        createdAt: instantOf(row, "created_at"),
        signsFrom: instantOf(row, "signs_from"),
        ...optionalInstant(row, "published_until", "publishedUntil")
      }
      return key
    })

  return SigningKeyStore.of({
    all: Effect.fn("SigningKeyStore.all")(function* (tenant) {
      return yield* Effect.forEach(yield* orUnavailable(pool.query(allSql, [tenant])), decoded(tenant))
    }),
    add: Effect.fn("SigningKeyStore.add")(function* (tenant, { kid, jwk, createdAt, signsFrom, publishedUntil }) {
      const sealed = yield* seal(tenant, placeOf(kid), encodeJwk(jwk))
      const times = [createdAt, signsFrom, publishedUntil].map(timestamp)
      yield* orUnavailable(pool.query(addSql, [tenant, kid, ...times, sealed]))
    }),
    retire: Effect.fn("SigningKeyStore.retire")(function* (tenant, kid, publishedUntil) {
      yield* orUnavailable(pool.query(retireSql, [tenant, kid, timestamp(publishedUntil)]))
    }),
    remove: Effect.fn("SigningKeyStore.remove")(function* (tenant, kid) {
      yield* orUnavailable(pool.query("delete from users.signing_key where tenant = $1 and kid = $2", [tenant, kid]))
    })
  })
})

/** Signing keys in PostgreSQL. */
export const layer: Layer.Layer<SigningKeyStore, never, UsersPool | FieldCipher> = Layer.effect(SigningKeyStore, make)
