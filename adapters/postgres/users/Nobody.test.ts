/** Time tells nobody who has a login: what is not found is decrypted and read as what is. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { FieldCipher } from "../../../application/ports/Crypto.ts"
import { UserStore } from "../../../application/ports/UserStore.ts"
import { bareCredentials, emailOf, newUserId, userOf } from "../../contract/People.ts"
import { cipherForTests, createDatabase, migrated, termsForTests } from "../fixture.ts"
import * as Users from "./Users.ts"
import * as UsersPool from "./UsersPool.ts"

const database = createDatabase()

/** How often something was decrypted so far. */
const decrypted = { count: 0 }

const counting = Layer.effect(
  FieldCipher,
  Effect.map(FieldCipher, (cipher) =>
    FieldCipher.of({
      ...cipher,
      decrypt: (tenant, place, sealed) => {
        decrypted.count++
        return cipher.decrypt(tenant, place, sealed)
      }
    })
  )
).pipe(Layer.provide(cipherForTests))

const stores = Layer.unwrap(
  Effect.map(
    Effect.promise(() => database),
    ({ url }) => {
      const below = Layer.mergeAll(Layer.provide(UsersPool.layer(), migrated(url)), counting, termsForTests)
      return Layer.provide(Users.layer, below)
    }
  )
)

describe("what a login reads", () => {
  const runtime = ManagedRuntime.make(stores)
  after(async () => {
    await runtime.dispose()
    await (await database).drop()
  })

  const user = userOf({ email: emailOf("ada@example.com") })
  before(() =>
    runtime.runPromise(
      Effect.gen(function* () {
        const users = yield* UserStore
        yield* users.insert(user, { ...bareCredentials(user.id), password: "a hash" })
        yield* users.findByEmail(user.tenant, emailOf("first@example.com"))
      })
    )
  )

  const readsOf = (work: Effect.Effect<unknown, unknown, UserStore>) => {
    const count = decrypted.count
    return runtime.runPromise(Effect.map(Effect.exit(work), () => decrypted.count - count))
  }

  test("an address that nobody has is as much to decrypt as one that somebody has", async () => {
    const byEmail = (text: string) =>
      readsOf(Effect.flatMap(UserStore, (users) => users.findByEmail(user.tenant, emailOf(text))))
    assert.equal(await byEmail("ada@example.com"), 1)
    assert.equal(await byEmail("nobody@example.com"), 1)
  })

  test("so are the credentials of nobody, which are still not found", async () => {
    const credentialsOf = (id: typeof user.id) => readsOf(Effect.flatMap(UserStore, (users) => users.credentials(id)))
    assert.equal(await credentialsOf(user.id), 1)
    assert.equal(await credentialsOf(newUserId()), 1)
    const missing = Effect.flatMap(UserStore, (users) => Effect.flip(users.credentials(newUserId())))
    assert.equal((await runtime.runPromise(missing))._tag, "UserNotFound")
    const nobody = Effect.flatMap(UserStore, (users) => users.findByEmail(user.tenant, emailOf("nobody@bank.invalid")))
    assert.equal(await runtime.runPromise(nobody), undefined)
  })
})
