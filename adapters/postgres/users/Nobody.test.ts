/** Time tells nobody who has a login: what is not found is decrypted and read as what is. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { FieldCipher } from "../../../application/ports/Crypto.ts"
import { UserStore } from "../../../application/ports/UserStore.ts"
import { User } from "../../../domain/identity/index.ts"
import { credentialsOf, userOf } from "../../contract/index.ts"
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

  const user = userOf({ email: User.Email.make("ada@example.com") })
  before(() =>
    runtime.runPromise(
      Effect.gen(function* () {
        const users = yield* UserStore
        yield* users.insert(user, credentialsOf(user.id))
        yield* users.findByEmail(user.tenant, User.Email.make("first@example.com"))
      })
    )
  )

  const readsOf = (work: Effect.Effect<unknown, unknown, UserStore>) => {
    const count = decrypted.count
    return runtime.runPromise(Effect.map(Effect.exit(work), () => decrypted.count - count))
  }

  test("an address that nobody has is as much to decrypt as one that somebody has", async () => {
    const byEmail = (text: string) =>
      readsOf(Effect.flatMap(UserStore, (users) => users.findByEmail(user.tenant, User.Email.make(text))))
    assert.equal(await byEmail("ada@example.com"), 1)
    assert.equal(await byEmail("nobody@example.com"), 1)
  })

  test("so are the credentials of nobody, which are still not found", async () => {
    const readOf = (id: typeof user.id) => readsOf(Effect.flatMap(UserStore, (users) => users.credentials(id)))
    assert.equal(await readOf(user.id), 1)
    assert.equal(await readOf(userOf().id), 1)
    const missing = Effect.flatMap(UserStore, (users) => Effect.flip(users.credentials(userOf().id)))
    assert.equal((await runtime.runPromise(missing))._tag, "UserNotFound")
    const nobody = Effect.flatMap(UserStore, (users) =>
      users.findByEmail(user.tenant, User.Email.make("nobody@bank.invalid"))
    )
    assert.equal(await runtime.runPromise(nobody), undefined)
  })
})
