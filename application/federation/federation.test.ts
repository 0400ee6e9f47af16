import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { run } from "../../infra/testing/effect.ts"
import type { Caller } from "../ports/Caller.ts"
import { Mailer } from "../ports/Outside.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import { proveSecondFactor } from "../users/index.ts"
import {
  callerOf,
  codeAt,
  enrolled,
  failureOf,
  home,
  now,
  type Services,
  services,
  tenant,
  withTotp
} from "./bank.fixture.ts"
import {
  beginFederatedLogin,
  beginLinkIdentity,
  finishFederatedLogin,
  linkIdentity,
  listIdentities,
  listProviders,
  unlinkIdentity
} from "./index.ts"
import { callbackOf } from "./providers.fixture.ts"

const specify = (name: string, body: Effect.Effect<void, unknown, Services>): void =>
  void test(name, () => run(body, services))

type User = Effect.Success<ReturnType<typeof enrolled>>

const identityOf = (subject: string) =>
  Effect.map(now, (linkedAt) => ({ issuer: "https://first.example", subject, linkedAt }))

const loggingIn = Effect.fnUntraced(function* (who: string, provider = "first") {
  const { ticket } = yield* beginFederatedLogin({ provider })
  return yield* finishFederatedLogin({ callback: callbackOf(who), ticket }, "app", home)
})

const linking = Effect.fnUntraced(function* (who: string, user: User, caller: Caller) {
  const { ticket } = yield* beginLinkIdentity({ user: user.id, provider: "first" }, caller)
  return yield* linkIdentity({ user: user.id, callback: callbackOf(who), ticket }, caller)
})

specify(
  "the providers are those that the bank has set up, and others are unknown",
  Effect.gen(function* () {
    const { items } = yield* listProviders({})
    assert.deepEqual(
      items.map(({ name }) => name),
      ["first", "second"]
    )
    assert.equal(yield* failureOf(beginFederatedLogin({ provider: "third" })), "UnknownProvider")
  })
)

specify(
  "whose login over there is linked is logged in, with one factor",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { identities: [yield* identityOf("1")] } })
    const step = yield* loggingIn("ada")
    assert.ok(step.step === "done")
    assert.equal(step.user.id, user.id)
    assert.deepEqual([step.session.methods, step.session.assurance], [["federated"], "single"])
    const open = yield* (yield* SessionStore).of(user.id, yield* now)
    assert.deepEqual(
      open.map(({ id }) => id),
      [step.session.id]
    )
  })
)

specify(
  "a user with a second factor proves it after the login over there, too",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, identities: [yield* identityOf("1")] } })
    const step = yield* loggingIn("ada")
    assert.ok(step.step === "second_factor")
    assert.deepEqual(yield* (yield* SessionStore).of(user.id, yield* now), [], "no session yet")
    const { session } = yield* proveSecondFactor({ ticket: step.ticket, code: codeAt(yield* now) }, home)
    assert.deepEqual([session.user, session.assurance], [user.id, "mfa"])
    assert.deepEqual(session.methods, ["federated", "otp"])
  })
)

specify(
  "a verified address that a user has opens nothing: it is to be linked by who has logged in",
  Effect.gen(function* () {
    const user = yield* enrolled()
    assert.equal(yield* failureOf(loggingIn("ada")), "LinkRequired")
    assert.deepEqual(yield* (yield* SessionStore).of(user.id, yield* now), [])
    assert.deepEqual((yield* (yield* UserStore).credentials(user.id)).identities, [])
  })
)

specify(
  "a new person is registered with the verified address, and is the same the next time",
  Effect.gen(function* () {
    const first = yield* loggingIn("ada")
    assert.ok(first.step === "done")
    const { user } = first
    assert.deepEqual([user.email, user.status, user.roles], ["Ada@example.com", "active", ["customer"]])
    assert.deepEqual([user.emailVerifiedAt, user.profile?.fullName], [yield* now, "Ada Lovelace"])
    assert.ok(user.customer !== undefined)
    const again = yield* loggingIn("ada")
    assert.ok(again.step === "done")
    assert.equal(again.user.id, user.id)
    const nameless = yield* loggingIn("bob")
    assert.ok(nameless.step === "done" && nameless.user.profile === undefined)
  })
)

specify(
  "the same name at another provider is another person",
  Effect.gen(function* () {
    yield* loggingIn("ada")
    assert.equal(yield* failureOf(loggingIn("ada", "second")), "LinkRequired")
  })
)

specify(
  "an address that is not verified over there, is none, or is missing registers nobody",
  Effect.gen(function* () {
    for (const who of ["eve", "nemo", "odd"]) assert.equal(yield* failureOf(loggingIn(who)), "EmailNotVerified", who)
    assert.deepEqual(yield* (yield* UserStore).list({ tenant, limit: 10 }), [])
  })
)

specify(
  "of many first logins at once one registers, and all are the same user's",
  Effect.gen(function* () {
    const steps = yield* Effect.all(
      Array.from({ length: 10 }, () => loggingIn("ada")),
      { concurrency: "unbounded" }
    )
    assert.equal(new Set(steps.map((step) => (step.step === "done" ? step.user.id : ""))).size, 1)
    assert.equal((yield* (yield* UserStore).list({ tenant, limit: 10 })).length, 1)
  })
)

specify(
  "who is no user any more does not log in by another provider either",
  Effect.gen(function* () {
    yield* enrolled({ user: { status: "closed" }, credentials: { identities: [yield* identityOf("1")] } })
    assert.equal(yield* failureOf(loggingIn("ada")), "InvalidLogin")
  })
)

specify(
  "a ticket is good once, for ten minutes, and for whoever has it",
  Effect.gen(function* () {
    const finish = (ticket: string, who = "ada") =>
      failureOf(finishFederatedLogin({ callback: callbackOf(who), ticket }, "app", home))
    const once = (yield* beginFederatedLogin({ provider: "first" })).ticket
    assert.equal(yield* finish(once), "accepted")
    assert.equal(yield* finish(once), "FederatedLoginExpired")
    const failed = (yield* beginFederatedLogin({ provider: "first" })).ticket
    assert.equal(yield* finish(failed, "nobody"), "FederationFailed")
    assert.equal(yield* finish(failed), "FederatedLoginExpired")
    assert.equal(yield* finish("a-ticket-of-nobody"), "FederatedLoginExpired")
    const late = (yield* beginFederatedLogin({ provider: "first" })).ticket
    yield* TestClock.adjust("10 minutes")
    assert.equal(yield* finish(late), "FederatedLoginExpired")
  })
)

specify(
  "a user links a login, which then opens its own, and unlinks it",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const caller = callerOf(user)
    const linked = yield* linking("ada", user, caller)
    assert.deepEqual(
      linked.items.map(({ issuer }) => issuer),
      ["https://first.example"]
    )
    assert.deepEqual(yield* listIdentities({ user: user.id }), linked)
    const step = yield* loggingIn("ada")
    assert.ok(step.step === "done" && step.user.id === user.id)
    assert.deepEqual(yield* linking("ada", user, caller), linked, "once linked it stays as it is")
    const [identity] = linked.items
    assert.ok(identity !== undefined)
    const left = yield* unlinkIdentity({ user: user.id, identity: identity.id }, caller)
    assert.deepEqual(left.items, [])
    assert.equal(yield* failureOf(loggingIn("ada")), "LinkRequired")
    assert.equal(yield* failureOf(unlinkIdentity({ user: user.id, identity: identity.id }, caller)), "IdentityNotFound")
  })
)

specify(
  "a login that opens another user's is not linked",
  Effect.gen(function* () {
    const first = yield* loggingIn("bob")
    assert.ok(first.step === "done")
    const user = yield* enrolled()
    assert.equal(yield* failureOf(linking("bob", user, callerOf(user))), "IdentityTaken")
    assert.deepEqual((yield* listIdentities({ user: user.id })).items, [])
  })
)

specify(
  "a ticket to log in links nothing, one to link logs nobody in, and one of another user's is none",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const other = yield* loggingIn("bob")
    assert.ok(other.step === "done")
    const [caller, callback] = [callerOf(user), callbackOf("ada")]
    const toLogIn = (yield* beginFederatedLogin({ provider: "first" })).ticket
    assert.equal(
      yield* failureOf(linkIdentity({ user: user.id, callback, ticket: toLogIn }, caller)),
      "FederatedLoginExpired"
    )
    const toLink = (yield* beginLinkIdentity({ user: user.id, provider: "first" }, caller)).ticket
    assert.equal(
      yield* failureOf(finishFederatedLogin({ callback, ticket: toLink }, "app", home)),
      "FederatedLoginExpired"
    )
    const stolen = (yield* beginLinkIdentity({ user: user.id, provider: "first" }, caller)).ticket
    assert.equal(
      yield* failureOf(linkIdentity({ user: other.user.id, callback, ticket: stolen }, callerOf(other.user))),
      "FederatedLoginExpired"
    )
    assert.deepEqual((yield* listIdentities({ user: user.id })).items, [])
  })
)

specify(
  "the last way to log in is not unlinked; an authenticator app is none",
  Effect.gen(function* () {
    const step = yield* loggingIn("ada")
    assert.ok(step.step === "done")
    const { user } = step
    const caller = callerOf(user)
    const users = yield* UserStore
    const only = (yield* listIdentities({ user: user.id })).items[0]?.id ?? ""
    const unlinking = (by: Caller) => failureOf(unlinkIdentity({ user: user.id, identity: only }, by))
    assert.equal(yield* unlinking(caller), "LastLogin")
    yield* users.saveCredentials({ ...(yield* users.credentials(user.id)), ...withTotp, version: 2 })
    assert.equal(yield* unlinking({ ...caller, assurance: "mfa" }), "LastLogin")
    yield* users.saveCredentials({ ...(yield* users.credentials(user.id)), password: "now:secret", version: 3 })
    assert.equal(yield* unlinking({ ...caller, assurance: "mfa" }), "accepted")
  })
)

specify(
  "whoever has a second factor proves it before a login is linked or unlinked",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, identities: [yield* identityOf("9")] } })
    const caller = callerOf(user)
    const identity = (yield* listIdentities({ user: user.id })).items[0]?.id ?? ""
    assert.equal(yield* failureOf(linking("ada", user, caller)), "StepUpRequired")
    assert.equal(yield* failureOf(unlinkIdentity({ user: user.id, identity }, caller)), "StepUpRequired")
    const proved: Caller = { ...caller, assurance: "mfa" }
    yield* TestClock.adjust("9 minutes")
    assert.equal(yield* failureOf(linking("ada", user, proved)), "accepted")
    yield* TestClock.adjust("2 minutes")
    assert.equal(yield* failureOf(unlinkIdentity({ user: user.id, identity }, proved)), "StepUpRequired")
  })
)

specify(
  "a login that is linked or unlinked is told by mail, one that was linked before is not",
  Effect.gen(function* () {
    const told: Array<unknown> = []
    const mailer = Mailer.of({ send: (_, mail) => Effect.sync(() => void told.push(mail)) })
    const user = yield* enrolled()
    const caller = callerOf(user)
    const work = Effect.gen(function* () {
      const { items } = yield* linking("ada", user, caller)
      yield* linking("ada", user, caller)
      for (const { id } of items) yield* unlinkIdentity({ user: user.id, identity: id }, caller)
    })
    yield* Effect.provideService(work, Mailer, mailer)
    const changed = (change: string) => ({ template: "factor_changed", change })
    assert.deepEqual(told, [changed("login_linked"), changed("login_unlinked")])
  })
)
