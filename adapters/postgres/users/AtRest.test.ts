import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { TestClock } from "effect/testing"
import { FieldCipher, KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { ArtifactStore, SigningKeyStore } from "../../../application/ports/Tokens.ts"
import { ChallengeStore, LoginThrottle, SessionStore, UserStore } from "../../../application/ports/UserStore.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { Permission, TenantId } from "../../../domain/identity/index.ts"
import { credentialsOf, later, now, personal, sessionOf, tenant, unique, userOf } from "../../contract/index.ts"
import { textOf } from "../Fields.ts"
import { cipherForTests, createDatabase, migrated, termsForTests } from "../fixture.ts"
import * as Postgres from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import * as Users from "./Users.ts"
import * as UsersPool from "./UsersPool.ts"

type Database = Awaited<ReturnType<typeof createDatabase>>

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

const stores = (url: string, terms: Layer.Layer<Terms> = termsForTests) =>
  Layer.provideMerge(
    Users.layer,
    Layer.mergeAll(Layer.provideMerge(UsersPool.layer({ connectionsMax: 2 }), migrated(url)), cipherForTests, terms)
  )

/** Every text of the schema's rows, and the names of its tables. */
const dump = Effect.gen(function* () {
  const pool = yield* UsersPool.UsersPool
  const tables = (yield* pool.query("select tablename from pg_tables where schemaname = 'users' order by 1")).map(
    (row) => textOf(row, "tablename")
  )
  const texts = yield* Effect.forEach(tables, (table) =>
    Effect.map(pool.query(`select stored::text as row from users.${table} as stored`), (rows) =>
      rows.map((row) => textOf(row, "row"))
    )
  )
  return new Map(tables.map((table, index) => [table, texts[index] ?? []]))
})

/** A row of each table, with everything in it that nobody may read there; gives those texts. */
const everything = Effect.gen(function* () {
  const user = userOf()
  const credentials = credentialsOf(user.id)
  yield* (yield* UserStore).insert(user, credentials)
  const session = sessionOf(user.id)
  yield* (yield* SessionStore).insert(session)
  const [secret, data] = [`challenge-${unique()}`, `data-${unique()}`]
  const challenge = { digest: secret, data, attemptsLeft: 1, expiresAt: later(60), user: user.id }
  yield* (yield* ChallengeStore).insert({ ...challenge, kind: "change_email" })
  const name = `throttle-${unique()} 2001:db8::4711`
  yield* (yield* LoginThrottle).failed([name], now)
  const jwk = { kty: "EC", d: `private-${unique()}` }
  yield* (yield* SigningKeyStore).add(tenant, { kid: unique(), jwk, createdAt: now, signsFrom: now })
  const names = {
    id: `id-${unique()}`,
    grantId: `grant-${unique()}`,
    uid: `uid-${unique()}`,
    userCode: `code-${unique()}`
  }
  const payload = JSON.stringify({ accountId: user.id, secret: `payload-${unique()}` })
  yield* (yield* ArtifactStore).upsert({ model: "RefreshToken", ...names, payload, expiresAt: later(60) })
  const { email = "" } = user
  return {
    user,
    session,
    emails: [email, email.toLowerCase()],
    secrets: [
      ...Object.values(personal),
      email,
      email.toLowerCase(),
      ...credentials.passkeys.flatMap(({ id, publicKey }) => [id, publicKey]),
      ...credentials.identities.map(({ subject }) => subject),
      ...credentials.recoveryCodes,
      secret,
      data,
      name,
      jwk.d,
      ...Object.values(names),
      payload
    ]
  }
})

describe("users at rest in PostgreSQL", () => {
  let database: Database
  let runtime: ManagedRuntime.ManagedRuntime<
    Layer.Success<ReturnType<typeof stores>>,
    Layer.Error<ReturnType<typeof stores>>
  >
  before(async () => {
    database = await createDatabase()
    runtime = ManagedRuntime.make(stores(database.url))
  })
  after(async () => {
    await runtime.dispose()
    await database.drop()
  })

  test("no table shows anything that is personal or secret, as text or as bytes", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const { user, secrets, emails } = yield* everything
        const tables = yield* dump
        for (const [table, rows] of tables) {
          // The tests' cipher keeps no keys.
          if (table === "data_key") continue
          assert.notDeepEqual(rows, [], `${table} has a row to look at`)
          for (const secret of secrets) {
            const hidden = [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64")]
            for (const row of rows) for (const text of hidden) assert.ok(!row.includes(text), `${table}: ${secret}`)
          }
          // An address could be guessed from a hash without a key.
          for (const email of emails) for (const row of rows) assert.ok(!row.includes(digestOf(email)), table)
        }
        assert.ok(tables.get("person")?.some((row) => row.includes(user.branch)))
      })
    ))

  test("what was sealed for one user does not open for another", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* UserStore
        const [first, second] = [userOf(), userOf()]
        for (const user of [first, second]) yield* store.insert(user, credentialsOf(user.id))
        const pool = yield* UsersPool.UsersPool
        const ids = [uuidOf(first.id), uuidOf(second.id)]
        for (const table of ["person", "credential"])
          yield* pool.query(
            `update users.${table} set sealed = (select sealed from users.${table} where user_id = $1::uuid)
              where user_id = $2::uuid`,
            ids
          )
        assert.deepEqual(yield* store.find(first.id), first)
        assert.ok((yield* Effect.exit(store.find(second.id)))._tag === "Failure")
        assert.ok((yield* Effect.exit(store.credentials(second.id)))._tag === "Failure")
      })
    ))

  test("another bank of the same database finds nothing by id, and changes nothing", async () => {
    const { user, session } = await runtime.runPromise(everything)
    const [digest, id, grantId] = [unique(), unique(), unique()]
    await runtime.runPromise(
      Effect.gen(function* () {
        const expiresAt = later(60)
        yield* (yield* ChallengeStore).insert({ kind: "reset_password", digest, data: "", attemptsLeft: 1, expiresAt })
        yield* (yield* ArtifactStore).upsert({ model: "Grant", id, grantId, payload: "" })
      })
    )
    const foreign = Layer.succeed(Terms, Terms.of({ ...Permission.termsUsual, tenant: TenantId.make("foreign") }))
    await Effect.runPromise(
      Effect.gen(function* () {
        const [users, sessions] = [yield* UserStore, yield* SessionStore]
        assert.equal((yield* Effect.flip(users.find(user.id)))._tag, "UserNotFound")
        assert.equal((yield* Effect.flip(users.credentials(user.id)))._tag, "UserNotFound")
        assert.equal((yield* Effect.flip(users.save({ ...user, version: 2 })))._tag, "UserNotFound")
        assert.equal((yield* Effect.flip(sessions.find(session.id)))._tag, "SessionNotFound")
        assert.deepEqual(yield* sessions.revoke(user.id, {}, now), [])
        assert.equal(yield* (yield* ChallengeStore).take("reset_password", digest, now), undefined)
        const artifacts = yield* ArtifactStore
        assert.equal(yield* artifacts.find("Grant", id), undefined)
        yield* artifacts.revokeGrant(grantId)
      }).pipe(Effect.provide(stores(database.url, foreign)))
    )
    await runtime.runPromise(
      Effect.gen(function* () {
        assert.deepEqual(yield* (yield* UserStore).find(user.id), user)
        assert.deepEqual(yield* (yield* SessionStore).find(session.id), session)
        assert.notEqual(yield* (yield* ArtifactStore).find("Grant", id), undefined)
      })
    )
  })

  test("a purge deletes what is over, so much at a time, and nothing else", () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const [users, sessions, challenges] = [yield* UserStore, yield* SessionStore, yield* ChallengeStore]
        const [throttle, artifacts] = [yield* LoginThrottle, yield* ArtifactStore]
        // Whatever the other tests left behind that is over.
        while ((yield* Users.purgeExpired(1000)) > 0);
        const [past, future] = [Date.UTC(2001, 0, 1), Date.UTC(2900, 0, 1)].map(Instant.fromMillis)
        assert.ok(past !== undefined && future !== undefined)
        const kept = userOf()
        yield* users.insert(kept, credentialsOf(kept.id))
        const names: Array<string> = []
        for (const expiresAt of [past, past, past, future]) {
          const name = unique()
          names.push(name)
          yield* challenges.insert({ kind: "passkey_login", digest: name, data: "", attemptsLeft: 1, expiresAt })
          yield* artifacts.upsert({ model: "AccessToken", id: name, payload: "", expiresAt })
          yield* throttle.failed([name], Instant.addMillis(expiresAt, -60_000))
          yield* sessions.insert(sessionOf(kept.id, { expiresAt }))
        }
        const grantId = unique()
        const revoking = Effect.andThen(TestClock.setTime(past), artifacts.revokeGrant(grantId))
        yield* Effect.provide(revoking, TestClock.layer())
        assert.deepEqual(
          yield* Effect.all([Users.purgeExpired(2), Users.purgeExpired(2), Users.purgeExpired(2)]),
          [9, 4, 0]
        )
        const last = names.at(-1) ?? ""
        assert.notEqual(yield* challenges.take("passkey_login", last, now), undefined)
        assert.notEqual(yield* artifacts.find("AccessToken", last), undefined)
        assert.equal((yield* throttle.failures([last], Instant.addMillis(future, -1)))[0]?.count, 1)
        assert.equal((yield* sessions.of(kept.id, now)).length, 1)
        assert.deepEqual(yield* users.find(kept.id), kept)
      })
    ))
})

describe("users that cannot be had", () => {
  const user = userOf()

  test("is said of a database that does not answer", async () => {
    const url = "postgres://nobody@127.0.0.1:1/none"
    const layer = Layer.provide(
      Users.layer,
      Layer.mergeAll(
        Layer.provide(UsersPool.layer(), Postgres.layer({ url, connectTimeoutMs: 2000 })),
        cipherForTests,
        termsForTests
      )
    )
    const works = Effect.gen(function* () {
      const { failed } = yield* LoginThrottle
      const { revokeGrant } = yield* ArtifactStore
      return [
        yield* Effect.flip((yield* UserStore).find(user.id)),
        yield* Effect.flip((yield* UserStore).insert(user, credentialsOf(user.id))),
        yield* Effect.flip((yield* SessionStore).of(user.id, now)),
        yield* Effect.flip((yield* ChallengeStore).take("second_factor", "", now)),
        yield* Effect.flip(failed(["name"], now)),
        yield* Effect.flip((yield* SigningKeyStore).all(tenant)),
        yield* Effect.flip(revokeGrant("grant"))
      ]
    })
    for (const error of await Effect.runPromise(Effect.provide(works, layer)))
      assert.equal(error._tag, "UserStoreUnavailable")
  })

  test("is said of keys that cannot be had", async () => {
    const unavailable = Effect.fail(new KeysUnavailable({ reason: "no keys" }))
    const cipher = FieldCipher.of({
      encrypt: () => unavailable,
      decrypt: () => unavailable,
      blindIndex: () => unavailable,
      rotate: () => unavailable
    })
    const pool = { query: () => Effect.succeed([]), statement: () => Effect.succeed([]), script: () => Effect.void }
    const layer = Layer.provide(
      Users.layer,
      Layer.mergeAll(Layer.succeed(UsersPool.UsersPool, pool), Layer.succeed(FieldCipher, cipher), termsForTests)
    )
    const email = user.email
    assert.ok(email !== undefined)
    const works = Effect.gen(function* () {
      const { failed } = yield* LoginThrottle
      return [
        yield* Effect.flip((yield* UserStore).findByEmail(tenant, email)),
        yield* Effect.flip((yield* UserStore).saveCredentials(credentialsOf(user.id))),
        yield* Effect.flip((yield* SessionStore).insert(sessionOf(user.id))),
        yield* Effect.flip(failed(["name"], now))
      ]
    })
    for (const error of await Effect.runPromise(Effect.provide(works, layer)))
      assert.ok(error._tag === "UserStoreUnavailable" && error.reason === "no keys", error._tag)
    const kept = await Effect.runPromise(
      Effect.provide(
        Effect.flatMap(ArtifactStore, ({ upsert }) => Effect.flip(upsert({ model: "Grant", id: "id", payload: "" }))),
        layer
      )
    )
    assert.equal(kept._tag, "KeysUnavailable")
  })
})
