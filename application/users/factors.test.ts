import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { UserStore } from "../ports/UserStore.ts"
import {
  beginPasskey,
  beginTotp,
  confirmTotp,
  finishPasskey,
  listFactors,
  logIn,
  proveSecondFactor,
  regenerateRecoveryCodes,
  removePasskey,
  removeTotp
} from "./index.ts"
import {
  ada,
  challengeIn,
  codeAt,
  emailOf,
  failureOf,
  fresh,
  home,
  loggedIn,
  now,
  passkey,
  password,
  specify,
  withTotp
} from "./users.fixture.ts"

const code = Effect.map(now, codeAt)

specify(
  "an authenticator app counts once a code of it was shown, and brings ten recovery codes",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const about = { user: user.id }
    assert.equal(yield* failureOf(confirmTotp({ ...about, code: yield* code }, caller)), "FactorNotFound")
    const { secret, uri } = yield* beginTotp(about, caller)
    assert.ok(secret.length > 0 && uri.startsWith("otpauth://totp/"))
    const before = yield* logIn({ email: ada, password }, "bank-app", home)
    assert.equal(before.step, "done")
    assert.equal(yield* failureOf(confirmTotp({ ...about, code: "999999" }, caller)), "InvalidSecondFactor")
    const { recoveryCodes } = yield* confirmTotp({ ...about, code: yield* code }, caller)
    assert.equal(new Set(recoveryCodes).size, 10)
    assert.deepEqual(yield* listFactors(about), {
      password: true,
      totpSince: yield* now,
      recoveryCodesLeft: 10,
      passkeys: [],
      identities: []
    })
    assert.equal(yield* failureOf(beginTotp(about, caller)), "FactorExists")
  })
)

specify(
  "the code that confirmed the app does not log in as well, and a recovery code that was shown does",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    yield* beginTotp({ user: user.id }, caller)
    const { recoveryCodes = [] } = yield* confirmTotp({ user: user.id, code: yield* code }, caller)
    const step = yield* logIn({ email: ada, password }, "bank-app", home)
    assert.ok(step.step === "second_factor")
    const { ticket } = step
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, home)), "InvalidSecondFactor")
    const [recoveryCode = ""] = recoveryCodes
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, recoveryCode }, home)), "accepted")
    assert.equal((yield* listFactors({ user: user.id })).recoveryCodesLeft, 9)
  })
)

specify(
  "codes cannot be guessed while an app is set up",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    yield* beginTotp({ user: user.id }, caller)
    const guess = failureOf(confirmTotp({ user: user.id, code: "999999" }, caller))
    for (let at = 0; at < 5; at++) assert.equal(yield* guess, "InvalidSecondFactor")
    assert.equal(yield* guess, "LoginThrottled")
  })
)

specify(
  "a second factor changes only for who has just proved one",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn({ credentials: { ...withTotp, passkeys: [passkey("phone")] } })
    const about = { user: user.id }
    const all = (by: typeof caller) =>
      Effect.all([
        failureOf(beginPasskey(about, by)),
        failureOf(regenerateRecoveryCodes(about, by)),
        failureOf(removePasskey({ ...about, passkey: "phone" }, by)),
        failureOf(removeTotp(about, by))
      ])
    const refused = ["StepUpRequired", "StepUpRequired", "StepUpRequired", "StepUpRequired"]
    assert.deepEqual(yield* all(caller), refused)
    const proved = { ...caller, ...fresh }
    yield* TestClock.adjust(600_001)
    assert.deepEqual(yield* all(proved), refused)
    const again = { ...proved, authenticatedAt: yield* now }
    assert.deepEqual(yield* all(again), ["accepted", "accepted", "accepted", "accepted"])
  })
)

specify(
  "the recovery codes go with the last second factor, and not before",
  Effect.gen(function* () {
    const recoveryCodes = ["#A", "#B"]
    const { user, caller } = yield* loggedIn(
      { credentials: { ...withTotp, passkeys: [passkey("phone")], recoveryCodes } },
      fresh
    )
    const about = { user: user.id }
    yield* removeTotp(about, caller)
    assert.equal((yield* listFactors(about)).recoveryCodesLeft, 2)
    yield* removePasskey({ ...about, passkey: "phone" }, caller)
    assert.equal((yield* listFactors(about)).recoveryCodesLeft, 0)
    assert.equal(yield* failureOf(removeTotp(about, caller)), "FactorNotFound")
    assert.equal(yield* failureOf(removePasskey({ ...about, passkey: "phone" }, caller)), "FactorNotFound")
    assert.equal(yield* failureOf(regenerateRecoveryCodes(about, caller)), "FactorNotFound")
  })
)

specify(
  "new recovery codes take the place of the old ones, and only their digests are kept",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn({ credentials: { ...withTotp, recoveryCodes: ["#OLD"] } }, fresh)
    const { recoveryCodes } = yield* regenerateRecoveryCodes({ user: user.id }, caller)
    const kept = (yield* (yield* UserStore).credentials(user.id)).recoveryCodes
    assert.equal(recoveryCodes.length, 10)
    assert.equal(kept.length, 10)
    assert.ok(!kept.includes("#OLD") && !recoveryCodes.some((each) => kept.includes(each)))
  })
)

specify(
  "a passkey is set up by the answer to its own ticket, once",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const eve = yield* loggedIn({ user: { email: emailOf("eve@example.com") } })
    const { ticket, options } = yield* beginPasskey({ user: user.id }, caller)
    const answer = { id: "phone", signature: `new ${challengeIn(options)}` }
    const command = { user: user.id, ticket, name: "Phone", answer }
    const { passkey: added, recoveryCodes } = yield* finishPasskey(command, caller)
    assert.deepEqual(added, { id: "phone", name: "Phone", createdAt: yield* now })
    assert.equal(recoveryCodes?.length, 10)
    assert.deepEqual((yield* listFactors({ user: user.id })).passkeys, [added])
    assert.equal(yield* failureOf(finishPasskey(command, caller)), "PasskeyRefused")
    const proved = { ...caller, ...fresh }
    const next = yield* beginPasskey({ user: user.id }, proved)
    const right = { id: "tablet", signature: `new ${challengeIn(next.options)}` }
    const stolen = { ...command, user: eve.user.id, ticket: next.ticket, answer: right }
    assert.equal(yield* failureOf(finishPasskey(stolen, eve.caller)), "PasskeyRefused")
  })
)

specify(
  "a passkey is one user's only, and a user's only once",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn({}, fresh)
    const eve = yield* loggedIn({ user: { email: emailOf("eve@example.com") } }, fresh)
    const added = Effect.fnUntraced(function* (by: typeof caller, id: typeof user.id) {
      const { ticket, options } = yield* beginPasskey({ user: id }, by)
      const answer = { id: "phone", signature: `new ${challengeIn(options)}` }
      return yield* failureOf(finishPasskey({ user: id, ticket, name: "Phone", answer }, by))
    })
    assert.equal(yield* added(caller, user.id), "accepted")
    assert.equal(yield* added(caller, user.id), "FactorExists")
    assert.equal(yield* added(eve.caller, eve.user.id), "IdentityTaken")
  })
)

specify(
  "factors that are set up at once are all kept",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn({}, fresh)
    const about = { user: user.id }
    yield* beginTotp(about, caller)
    const { ticket, options } = yield* beginPasskey(about, caller)
    const answer = { id: "phone", signature: `new ${challengeIn(options)}` }
    yield* Effect.all(
      [
        confirmTotp({ ...about, code: yield* code }, caller),
        finishPasskey({ ...about, ticket, name: "Phone", answer }, caller)
      ],
      { concurrency: "unbounded" }
    )
    const { totpSince, passkeys, recoveryCodesLeft } = yield* listFactors(about)
    assert.deepEqual([totpSince, passkeys.length, recoveryCodesLeft], [yield* now, 1, 10])
  })
)

specify(
  "a user has twenty passkeys at most",
  Effect.gen(function* () {
    const passkeys = Array.from({ length: 20 }, (_, at) => passkey(`p${at}`))
    const { user, caller } = yield* loggedIn({ credentials: { passkeys } })
    assert.equal(yield* failureOf(beginPasskey({ user: user.id }, caller)), "FactorExists")
  })
)
