/** Wrapped data keys in PostgreSQL. Each method is one statement, so one transaction and one round trip. */
import { Effect, Layer } from "effect"
import { DataKeyStore, KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { bytesOf, intOf, oneOf, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { byteaOf, UsersPool } from "./UsersPool.ts"

const ofSql = `select purpose, number, master_key, wrapped from users.data_key where tenant = $1
  order by number, purpose`

const addSql = `insert into users.data_key (tenant, purpose, number, master_key, wrapped)
  values ($1, $2, $3::integer, $4, $5::text::bytea) on conflict (tenant, purpose, number) do nothing returning number`

const rewrapSql = `update users.data_key set master_key = $4, wrapped = $5::text::bytea
  where tenant = $1 and purpose = $2 and number = $3::integer`

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const run = (text: string, parameters: ReadonlyArray<Parameter>) =>
    Effect.mapError(pool.query(text, parameters), ({ reason }) => new KeysUnavailable({ reason }))

  return DataKeyStore.of({
    of: Effect.fn("DataKeyStore.of")(function* (tenant) {
      return (yield* run(ofSql, [tenant])).map((row) => ({
        tenant,
        purpose: oneOf(row, "purpose", ["field", "index"]),
        number: intOf(row, "number"),
        masterKey: textOf(row, "master_key"),
        // A copy of its own: the driver's is a part of what it read from the connection.
        wrapped: Uint8Array.from(bytesOf(row, "wrapped"))
      }))
    }),
    add: Effect.fn("DataKeyStore.add")(function* ({ tenant, purpose, number, masterKey, wrapped }) {
      return (yield* run(addSql, [tenant, purpose, number, masterKey, byteaOf(wrapped)])).length === 1
    }),
    rewrap: Effect.fn("DataKeyStore.rewrap")(function* ({ tenant, purpose, number, masterKey, wrapped }) {
      yield* run(rewrapSql, [tenant, purpose, number, masterKey, byteaOf(wrapped)])
    })
  })
})

/** Data keys in PostgreSQL. */
export const layer: Layer.Layer<DataKeyStore, never, UsersPool> = Layer.effect(DataKeyStore, make)
