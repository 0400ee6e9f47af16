import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime, Result } from "effect"
import { UserStore } from "../../application/ports/UserStore.ts"
import { TenantId, type User } from "../../domain/identity/index.ts"
import { tenant } from "./Callers.ts"
import {
  bareCredentials,
  bareUser,
  credentialsOf,
  emailOf,
  identityOf,
  newCustomerId,
  newUserId,
  otherTenant,
  passkeyOf,
  unique,
  userOf
} from "./People.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, UserStore>) => void

/** Stores a user with every detail, and the credentials. */
const inserted = (more: Partial<User.User> = {}) =>
  Effect.gen(function* () {
    const user = userOf(more)
    const credentials = credentialsOf(user.id)
    yield* (yield* UserStore).insert(user, credentials)
    return { user, credentials }
  })

/** How many of these succeeded; every other failed with this tag. */
const successes = (outcomes: ReadonlyArray<Result.Result<unknown, { readonly _tag: string }>>, tag: string): number => {
  for (const each of outcomes) if (Result.isFailure(each)) assert.equal(each.failure._tag, tag)
  return outcomes.filter(Result.isSuccess).length
}

const findingSpecs = (spec: Spec): void => {
  spec(
    "a user is found as stored, in every detail, by whatever finds it",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      assert.deepEqual(yield* store.find(user.id), user)
      assert.deepEqual(yield* store.credentials(user.id), credentials)
      assert.deepEqual(yield* store.findByEmail(tenant, user.email ?? emailOf("no@example.com")), user)
      assert.deepEqual(yield* store.findByCustomer(user.customer ?? newCustomerId()), user)
      for (const { issuer, subject } of credentials.identities)
        assert.deepEqual(yield* store.findByIdentity(tenant, issuer, subject), user)
      for (const { id } of credentials.passkeys) assert.deepEqual(yield* store.findByPasskey(tenant, id), user)
    })
  )

  spec(
    "a user with nothing but an id is found as stored, and any number of them is kept",
    Effect.gen(function* () {
      const store = yield* UserStore
      for (const user of [bareUser(), bareUser()]) {
        yield* store.insert(user, bareCredentials(user.id))
        assert.deepEqual(yield* store.find(user.id), user)
        assert.deepEqual(yield* store.credentials(user.id), bareCredentials(user.id))
      }
    })
  )

  spec(
    "a user that was never stored is not found",
    Effect.gen(function* () {
      const store = yield* UserStore
      const id = newUserId()
      const errors = [
        yield* Effect.flip(store.find(id)),
        yield* Effect.flip(store.credentials(id)),
        yield* Effect.flip(store.save(userOf({ id }))),
        yield* Effect.flip(store.saveCredentials(credentialsOf(id)))
      ]
      for (const error of errors) assert.ok(error._tag === "UserNotFound" && error.userId === id, error._tag)
      assert.equal(yield* store.findByEmail(tenant, emailOf(`${unique()}@example.com`)), undefined)
      assert.equal(yield* store.findByCustomer(newCustomerId()), undefined)
      assert.equal(yield* store.findByIdentity(tenant, "https://login.example.com", unique()), undefined)
      assert.equal(yield* store.findByPasskey(tenant, unique()), undefined)
    })
  )

  spec(
    "an issuer and a subject are two texts: what runs together the same is someone else",
    Effect.gen(function* () {
      const store = yield* UserStore
      const user = userOf()
      const subject = unique()
      const identities = [{ ...identityOf(`b ${subject}`), issuer: "a" }]
      yield* store.insert(user, { ...bareCredentials(user.id), identities })
      assert.deepEqual(yield* store.findByIdentity(tenant, "a", `b ${subject}`), user)
      assert.equal(yield* store.findByIdentity(tenant, "a b", subject), undefined)
    })
  )

  spec(
    "users of a tenant are listed by id in pages, which stay as they are when others register",
    Effect.gen(function* () {
      const store = yield* UserStore
      const own = TenantId.make(unique())
      const ids = Array.from({ length: 7 }, newUserId).sort()
      // Stored in another order than that of their ids.
      for (const id of ids.toReversed()) yield* inserted({ id, tenant: own })
      const first = yield* store.list({ tenant: own, limit: 3 })
      const latest = (yield* inserted({ tenant: own })).user.id
      const second = yield* store.list({ tenant: own, limit: 3, after: ids[2] ?? latest })
      const third = yield* store.list({ tenant: own, limit: 3, after: ids[5] ?? latest })
      assert.deepEqual(
        [first, second, third].map((page) => page.map(({ id }) => id)),
        [ids.slice(0, 3), ids.slice(3, 6), [...ids.slice(6), latest]]
      )
      assert.deepEqual(first[0], yield* store.list({ tenant: own, limit: 1 }).pipe(Effect.map(([user]) => user)))
      assert.deepEqual(yield* store.list({ tenant: own, limit: 3, after: latest }), [])
    })
  )

  spec(
    "a list tells users apart by status and by verification",
    Effect.gen(function* () {
      const store = yield* UserStore
      const own = TenantId.make(unique())
      const pending = (yield* inserted({ tenant: own, status: "pending", kyc: { level: "none", status: "none" } })).user
      const asks = (yield* inserted({ tenant: own, kyc: { level: "none", status: "pending" } })).user
      const closed = (yield* inserted({ tenant: own, status: "closed", kyc: { level: "full", status: "pending" } }))
        .user
      const idsOf = (query: { status?: User.UserStatus; kyc?: User.Kyc["status"] }) =>
        Effect.map(store.list({ tenant: own, limit: 10, ...query }), (users) => users.map(({ id }) => id).sort())
      assert.deepEqual(yield* idsOf({}), [pending.id, asks.id, closed.id].sort())
      assert.deepEqual(yield* idsOf({ status: "pending" }), [pending.id])
      assert.deepEqual(yield* idsOf({ kyc: "pending" }), [asks.id, closed.id].sort())
      assert.deepEqual(yield* idsOf({ kyc: "pending", status: "closed" }), [closed.id])
      assert.deepEqual(yield* idsOf({ status: "erased" }), [])
    })
  )
}

const uniquenessSpecs = (spec: Spec): void => {
  spec(
    "two users of a bank never share a mailbox, however the address is written",
    Effect.gen(function* () {
      const store = yield* UserStore
      const name = unique()
      const first = (yield* inserted({ email: emailOf(`Grace.${name}@Example.com`) })).user
      const second = userOf({ email: emailOf(`gRACE.${name.toUpperCase()}@example.COM`) })
      const error = yield* Effect.flip(store.insert(second, credentialsOf(second.id)))
      assert.equal(error._tag, "EmailTaken")
      assert.equal((yield* Effect.flip(store.find(second.id)))._tag, "UserNotFound")
      assert.deepEqual(yield* store.findByEmail(tenant, second.email ?? emailOf("no@example.com")), first)
    })
  )

  spec(
    "another bank of the installation may have a user with the same address and the same logins",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      const email = user.email ?? emailOf("no@example.com")
      const elsewhere = userOf({ tenant: otherTenant, email })
      yield* store.insert(elsewhere, { ...credentials, user: elsewhere.id })
      assert.deepEqual(yield* store.findByEmail(tenant, email), user)
      assert.deepEqual(yield* store.findByEmail(otherTenant, email), elsewhere)
      const [passkey, identity] = [credentials.passkeys[0]?.id ?? "", credentials.identities[0]?.subject ?? ""]
      assert.deepEqual(yield* store.findByPasskey(tenant, passkey), user)
      assert.deepEqual(yield* store.findByPasskey(otherTenant, passkey), elsewhere)
      assert.deepEqual(yield* store.findByIdentity(otherTenant, identityOf("").issuer, identity), elsewhere)
    })
  )

  spec(
    "of 20 that register one address at once exactly one is stored",
    Effect.gen(function* () {
      const store = yield* UserStore
      const name = unique()
      const users = Array.from({ length: 20 }, (_, index) =>
        userOf({ email: emailOf(index % 2 === 0 ? `${name}@example.com` : `${name.toUpperCase()}@EXAMPLE.com`) })
      )
      const outcomes = yield* Effect.all(
        users.map((user) => Effect.result(store.insert(user, credentialsOf(user.id)))),
        { concurrency: "unbounded" }
      )
      assert.equal(successes(outcomes, "EmailTaken"), 1)
      const holder = yield* store.findByEmail(tenant, emailOf(`${name}@example.com`))
      assert.deepEqual(holder, users[outcomes.findIndex(Result.isSuccess)])
    })
  )

  spec(
    "a login at another provider and a passkey open one user only; a taken address is told first",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      const { identities, passkeys } = credentials
      for (const taken of [{ identities }, { passkeys: passkeys.slice(1) }]) {
        const other = userOf()
        const error = yield* Effect.flip(store.insert(other, credentialsOf(other.id, taken)))
        assert.equal(error._tag, "IdentityTaken")
        assert.equal((yield* Effect.flip(store.find(other.id)))._tag, "UserNotFound")
        assert.equal(yield* store.findByEmail(tenant, other.email ?? emailOf("no@example.com")), undefined)
        const both = userOf({ email: user.email ?? emailOf("no@example.com") })
        assert.equal((yield* Effect.flip(store.insert(both, credentialsOf(both.id, taken))))._tag, "EmailTaken")
      }
      assert.deepEqual(
        yield* store.findByIdentity(tenant, identities[0]?.issuer ?? "", identities[0]?.subject ?? ""),
        user
      )
    })
  )
}

const savingSpecs = (spec: Spec): void => {
  spec(
    "the next version of a user replaces the one before, and the old address is free",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user } = yield* inserted()
      const [before, email] = [user.email ?? emailOf("no@example.com"), emailOf(`${unique()}@example.com`)]
      const { customer: _, closedAt: __, emailVerifiedAt: ___, ...kept } = user
      const changed: User.User = {
        ...kept,
        email,
        status: "pending",
        roles: ["teller"],
        kyc: { level: "full", status: "approved" },
        version: 2
      }
      yield* store.save(changed)
      assert.deepEqual(yield* store.find(user.id), changed)
      assert.deepEqual(yield* store.findByEmail(tenant, email), changed)
      assert.equal(yield* store.findByEmail(tenant, before), undefined)
      yield* inserted({ email: before })
    })
  )

  spec(
    "a version that does not follow the stored one changes nothing",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      for (const version of [1, 3]) {
        const error = yield* Effect.flip(store.save({ ...user, status: "closed", version }))
        assert.ok(error._tag === "UserChanged", error._tag)
        assert.deepEqual([error.userId, error.expected, error.actual], [user.id, version - 1, 1])
        const of = yield* Effect.flip(store.saveCredentials({ ...bareCredentials(user.id), version }))
        assert.ok(of._tag === "UserChanged", of._tag)
        assert.deepEqual([of.userId, of.expected, of.actual], [user.id, version - 1, 1])
      }
      assert.deepEqual(yield* store.find(user.id), user)
      assert.deepEqual(yield* store.credentials(user.id), credentials)
      assert.deepEqual(yield* store.findByPasskey(tenant, credentials.passkeys[0]?.id ?? ""), user)
    })
  )

  spec(
    "of 20 saves of one version at once exactly one succeeds",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      const saves = Array.from({ length: 20 }, () => Effect.result(store.save({ ...user, version: 2 })))
      assert.equal(successes(yield* Effect.all(saves, { concurrency: "unbounded" }), "UserChanged"), 1)
      const keys = Array.from({ length: 20 }, unique)
      const links = keys.map((key) =>
        Effect.result(store.saveCredentials({ ...credentials, passkeys: [passkeyOf(key)], version: 2 }))
      )
      const outcomes = yield* Effect.all(links, { concurrency: "unbounded" })
      assert.equal(successes(outcomes, "UserChanged"), 1)
      const finds = keys.map((key) => store.findByPasskey(tenant, key))
      const found = yield* Effect.all(finds)
      assert.deepEqual(
        found.map((each) => each !== undefined),
        outcomes.map(Result.isSuccess),
        "the keys of those that were refused find nobody"
      )
    })
  )

  spec(
    "nobody takes the address of another, and anyone may write its own in another way",
    Effect.gen(function* () {
      const store = yield* UserStore
      const [first, second] = [(yield* inserted()).user, (yield* inserted()).user]
      const email = first.email ?? emailOf("no@example.com")
      assert.equal((yield* Effect.flip(store.save({ ...second, email, version: 2 })))._tag, "EmailTaken")
      assert.deepEqual(yield* store.find(second.id), second)
      const rewritten = { ...first, email: emailOf(email.toUpperCase()), version: 2 }
      yield* store.save(rewritten)
      assert.deepEqual(yield* store.findByEmail(tenant, email), rewritten)
    })
  )

  spec(
    "an erased user is found by id only, and its address is free",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user } = yield* inserted()
      const { email, profile: _, ...kept } = user
      const erased: User.User = { ...kept, status: "erased", kyc: { level: "none", status: "none" }, version: 2 }
      yield* store.save(erased)
      yield* store.saveCredentials({ ...bareCredentials(user.id), version: 2 })
      assert.deepEqual(yield* store.find(user.id), erased)
      const address = email ?? emailOf("no@example.com")
      assert.equal(yield* store.findByEmail(tenant, address), undefined)
      yield* inserted({ email: address })
    })
  )

  spec(
    "what credentials no longer have finds nobody, and is free for others",
    Effect.gen(function* () {
      const store = yield* UserStore
      const { user, credentials } = yield* inserted()
      const [kept, dropped] = [credentials.passkeys[0]?.id ?? "", credentials.passkeys[1]?.id ?? ""]
      const { issuer, subject } = credentials.identities[0] ?? identityOf("")
      const added = unique()
      const changed = { ...credentials, passkeys: [passkeyOf(kept), passkeyOf(added)], identities: [], version: 2 }
      yield* store.saveCredentials(changed)
      assert.deepEqual(yield* store.credentials(user.id), changed)
      for (const id of [kept, added]) assert.deepEqual(yield* store.findByPasskey(tenant, id), user)
      assert.equal(yield* store.findByPasskey(tenant, dropped), undefined)
      assert.equal(yield* store.findByIdentity(tenant, issuer, subject), undefined)
      const other = yield* inserted()
      const linked = { ...other.credentials, identities: [{ ...identityOf(subject), issuer }], version: 2 }
      yield* store.saveCredentials(linked)
      assert.deepEqual(yield* store.findByIdentity(tenant, issuer, subject), other.user)
      const error = yield* Effect.flip(
        store.saveCredentials({ ...linked, passkeys: [passkeyOf(unique()), passkeyOf(kept)], version: 3 })
      )
      assert.equal(error._tag, "IdentityTaken")
      assert.deepEqual(yield* store.credentials(other.user.id), linked)
      assert.deepEqual(yield* store.findByPasskey(tenant, kept), user)
    })
  )

  spec(
    "of 20 users who link one login at once exactly one gets it",
    Effect.gen(function* () {
      const store = yield* UserStore
      const subject = unique()
      const users = yield* Effect.all(Array.from({ length: 20 }, () => inserted()))
      const outcomes = yield* Effect.all(
        users.map(({ credentials }) =>
          Effect.result(store.saveCredentials({ ...credentials, identities: [identityOf(subject)], version: 2 }))
        ),
        { concurrency: "unbounded" }
      )
      assert.equal(successes(outcomes, "IdentityTaken"), 1)
      const holder = yield* store.findByIdentity(tenant, identityOf("").issuer, subject)
      assert.deepEqual(holder, users[outcomes.findIndex(Result.isSuccess)]?.user)
    })
  )
}

/**
 * The suite that every implementation of the port `UserStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content, of the bank named `bank`; it is called and built once, and released at the end.
 */
export const userStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<UserStore, E>): void => {
  describe(`${name} as a user store`, () => {
    const runtime = ManagedRuntime.make(makeLayer())
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    findingSpecs(spec)
    uniquenessSpecs(spec)
    savingSpecs(spec)
  })
}
