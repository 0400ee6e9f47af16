import assert from "node:assert/strict"
import { Effect, Result } from "effect"
import { LocalDate } from "../../domain/calendar/index.ts"
import type { User } from "../../domain/identity/index.ts"
import { SessionId, UserId } from "../../domain/ids/index.ts"
import { IdentityVerification } from "../ports/Outside.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  getSelf,
  getUser,
  listSessions,
  listUsers,
  openSession,
  reviewKyc,
  revokeOtherSessions,
  revokeSession,
  submitKyc,
  updateProfile
} from "./index.ts"
import {
  callerOf,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  home,
  loggedIn,
  now,
  specify,
  World
} from "./users.fixture.ts"

const nobody = UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p")
const birthday = Result.getOrThrow(LocalDate.make(1915, 12, 10))

const whole: User.Profile = {
  fullName: "Ada Lovelace",
  birthDate: birthday,
  address: { line1: "12 St James's Square", city: "London", country: "GB" }
}

const another = (name: string) => enrolled({ user: { email: emailOf(`${name}@example.com`) } })

specify(
  "a user is shown without what proves it and without the bank's notes",
  Effect.gen(function* () {
    const kyc = { level: "basic", status: "approved", reference: "check-1", decidedBy: nobody } as const
    const user = yield* enrolled({ user: { kyc } })
    const view = yield* getUser({ user: user.id })
    assert.deepEqual(view.kyc, { level: "basic", status: "approved" })
    assert.ok(!("tenant" in view))
    assert.deepEqual(yield* getSelf(yield* callerOf(user)), view)
    assert.equal(yield* failureOf(getUser({ user: nobody })), "UserNotFound")
    const { user: _, ...program } = yield* callerOf(user)
    assert.equal(yield* failureOf(getSelf(program)), "UserNotFound")
  })
)

specify(
  "users are listed in pages, by status and by identification",
  Effect.gen(function* () {
    const [ada, bob] = [yield* enrolled(), yield* another("bob")]
    const carol = yield* enrolled({ user: { email: emailOf("carol@example.com"), status: "closed" } })
    const ids = Effect.fnUntraced(function* (query: Parameters<typeof listUsers>[0]) {
      const { items, next } = yield* listUsers(query)
      return { ids: items.map(({ id }) => id), next }
    })
    assert.deepEqual(yield* ids({ limit: 2 }), { ids: [ada.id, bob.id], next: bob.id })
    assert.deepEqual(yield* ids({ limit: 2, after: bob.id }), { ids: [carol.id], next: undefined })
    assert.deepEqual((yield* ids({ limit: 9, status: "closed" })).ids, [carol.id])
    assert.deepEqual((yield* ids({ limit: 9, kyc: "pending" })).ids, [])
  })
)

specify(
  "a profile is replaced at the version that was read, and not on a user who is closed",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const changed = yield* updateProfile({ user: user.id, expectedVersion: 1, profile: whole })
    assert.deepEqual(changed.profile, whole)
    assert.equal(changed.version, 2)
    const stale = yield* errorOf(updateProfile({ user: user.id, expectedVersion: 1, profile: whole }))
    assert.deepEqual({ ...stale }, { _tag: "UserChanged", userId: user.id, expected: 1, actual: 2 })
    const closed = yield* enrolled({ user: { status: "closed", email: emailOf("c@example.com") } })
    const late = (expectedVersion: number) =>
      failureOf(updateProfile({ user: closed.id, expectedVersion, profile: whole }))
    assert.equal(yield* late(7), "UserChanged")
    assert.equal(yield* late(1), "UserStatusConflict")
    assert.equal(yield* failureOf(updateProfile({ user: nobody, profile: whole })), "UserNotFound")
  })
)

specify(
  "many changes at once are all done, one after the other",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const cities = ["Paris", "London", "Turin"]
    yield* Effect.forEach(
      cities,
      (city) => updateProfile({ user: user.id, profile: { ...whole, address: { line1: "1", city, country: "GB" } } }),
      { concurrency: "unbounded" }
    )
    assert.equal((yield* getUser({ user: user.id })).version, 1 + cities.length)
  })
)

specify(
  "a session ends with its refresh tokens, again as the first time, and is nobody else's",
  Effect.gen(function* () {
    const world = yield* World
    const { user, session } = yield* loggedIn()
    const eve = yield* another("eve")
    const of = (id: UserId) => ({ user: id, session: session.id })
    assert.equal(yield* failureOf(revokeSession(of(eve.id))), "SessionNotFound")
    assert.deepEqual(
      (yield* listSessions({ user: user.id })).items.map(({ id }) => id),
      [session.id]
    )
    yield* revokeSession(of(user.id))
    yield* revokeSession(of(user.id))
    assert.deepEqual((yield* listSessions({ user: user.id })).items, [])
    assert.deepEqual(world.revoked, [session.id, session.id])
    const none = SessionId.make("ses_01jdf8a3e0e8vrvn4t8n9d2k7p")
    assert.equal(yield* failureOf(revokeSession({ user: user.id, session: none })), "SessionNotFound")
  })
)

specify(
  "ending the other sessions keeps the one that asks, and keeps none for an administrator",
  Effect.gen(function* () {
    const { user, session, caller } = yield* loggedIn()
    const login = { user, methods: ["pwd"] as const, client: "x", origin: home, device: undefined }
    const other = yield* openSession(login)
    assert.deepEqual(yield* revokeOtherSessions({ user: user.id }, caller), { revoked: [other.session.id] })
    const administrator = yield* loggedIn({ user: { email: emailOf("root@example.com"), roles: ["administrator"] } })
    const ended = yield* revokeOtherSessions({ user: user.id }, administrator.caller)
    assert.deepEqual(ended, { revoked: [session.id] })
    const open = yield* (yield* SessionStore).of(administrator.user.id, yield* now)
    assert.equal(open.length, 1)
  })
)

specify(
  "a check that is passed raises the level, and one below or beside it is not asked for again",
  Effect.gen(function* () {
    const user = yield* enrolled({ user: { profile: whole } })
    const { kyc } = yield* submitKyc({ user: user.id, level: "basic" })
    assert.deepEqual(kyc, { level: "basic", status: "approved", requested: "basic", decidedAt: yield* now })
    assert.equal(yield* failureOf(submitKyc({ user: user.id, level: "basic" })), "KycConflict")
    assert.equal((yield* submitKyc({ user: user.id, level: "full" })).kyc.level, "full")
  })
)

specify(
  "a check that is refused leaves the level that there was, and can be asked for again",
  Effect.gen(function* () {
    const world = yield* World
    const user = yield* enrolled({ user: { profile: whole, kyc: { level: "basic", status: "approved" } } })
    world.verification = "rejected"
    const { kyc } = yield* submitKyc({ user: user.id, level: "full" })
    assert.deepEqual([kyc.level, kyc.status], ["basic", "rejected"])
    world.verification = "approved"
    assert.equal((yield* submitKyc({ user: user.id, level: "full" })).kyc.level, "full")
  })
)

specify(
  "a check left to the bank waits for a person, who is not the user itself, and is decided once",
  Effect.gen(function* () {
    const world = yield* World
    world.verification = "review"
    const user = yield* enrolled({ user: { profile: whole } })
    const teller = yield* enrolled({ user: { email: emailOf("teller@example.com"), roles: ["teller"] } })
    assert.equal((yield* submitKyc({ user: user.id, level: "full" })).kyc.status, "pending")
    assert.equal(yield* failureOf(submitKyc({ user: user.id, level: "full" })), "KycConflict")
    const command = { user: user.id, outcome: "approved" } as const
    assert.equal(yield* failureOf(reviewKyc(command, yield* callerOf(user))), "NotOnOneself")
    const by = yield* callerOf(teller)
    assert.equal(yield* failureOf(reviewKyc({ ...command, expectedVersion: 1 }, by)), "UserChanged")
    assert.equal((yield* reviewKyc({ ...command, expectedVersion: 2 }, by)).kyc.level, "full")
    assert.equal((yield* (yield* UserStore).find(user.id)).kyc.decidedBy, teller.id)
    assert.equal(yield* failureOf(reviewKyc(command, by)), "KycConflict")
  })
)

specify(
  "what a profile lacks for a check is named, and another name or birth date starts the identification anew",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const error = yield* errorOf(submitKyc({ user: user.id, level: "basic" }))
    assert.deepEqual({ ...error }, { _tag: "ProfileIncomplete", missing: ["birthDate", "address"] })
    yield* updateProfile({ user: user.id, profile: whole })
    yield* submitKyc({ user: user.id, level: "basic" })
    const moved = yield* updateProfile({ user: user.id, profile: { ...whole, phone: "+441234567890" } })
    assert.equal(moved.kyc.level, "basic")
    const renamed = yield* updateProfile({ user: user.id, profile: { ...whole, fullName: "Ada Byron" } })
    assert.deepEqual(renamed.kyc, { level: "none", status: "none" })
  })
)

specify(
  "a profile that changed while it was checked is not taken for the one that was",
  Effect.gen(function* () {
    const user = yield* enrolled({ user: { profile: whole } })
    const meanwhile = IdentityVerification.of({
      check: () =>
        updateProfile({ user: user.id, profile: { ...whole, fullName: "Mallory" } }).pipe(
          Effect.provide(context),
          Effect.orDie,
          Effect.as({ outcome: "approved", reference: "check-1" } as const)
        )
    })
    const context = yield* Effect.context<UserStore>()
    const submitted = submitKyc({ user: user.id, level: "full" })
    assert.equal(yield* failureOf(Effect.provideService(submitted, IdentityVerification, meanwhile)), "UserChanged")
    assert.equal((yield* getUser({ user: user.id })).kyc.level, "none")
  })
)
