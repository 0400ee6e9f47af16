import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { create, type DescMethod, type DescMethodUnary, type MessageInitShape } from "@bufbuild/protobuf"
import { Code } from "@connectrpc/connect"
import {
  Assurance,
  AuthenticationMethod,
  SecondFactor,
  SecondFactorLoginSchema
} from "../../proto/gen/bank/user/v1/session_service_pb.ts"
import { KycLevel, KycStatus, Role, UserStatus } from "../../proto/gen/bank/user/v1/user_pb.ts"
import { KycOutcome } from "../../proto/gen/bank/user/v1/user_service_pb.ts"
import { answerTo, failureOf, present, servedBank, services } from "./people.fixture.ts"

const bank = servedBank()
const { clientsOf, employed, mailed } = bank

const password = "correct horse battery"
const address = { line1: "1 Burrow Lane", city: "Berlin", country: "DE" }
const profile = { fullName: "Ada Lovelace", birthDate: "1990-12-10", address }
let people = 0

/** Someone who has registered and logged in by password. */
const customer = async () => {
  const email = `person-${++people}@example.com`
  const { users, sessions } = clientsOf()
  const { ticket } = await users.registerUser({ email, password, profile })
  const { user } = await users.verifyEmail({ ticket, code: await mailed(email) })
  const { step } = await sessions.createSession({ login: { case: "password", value: { email, password } } })
  if (step.case !== "created") return assert.fail(String(step.case))
  const { accessToken, session } = step.value
  return { ...clientsOf(accessToken), email, user: present(user), session: present(session), token: accessToken }
}

type Customer = Awaited<ReturnType<typeof customer>>

/** Sets up an authenticator app, whose codes count upwards. */
const withApp = async (person: Customer) => {
  await person.factors.beginTotp({})
  const { recoveryCodes } = await person.factors.confirmTotp({ code: "000001" })
  return recoveryCodes
}

const loggingIn = async ({ email }: Customer) => {
  const { step } = await clientsOf().sessions.createSession({ login: { case: "password", value: { email, password } } })
  return step.case === "secondFactor" ? step.value : assert.fail(String(step.case))
}

const proving = async (value: MessageInitShape<typeof SecondFactorLoginSchema>) => {
  const secondFactor = create(SecondFactorLoginSchema, value)
  const { step } = await clientsOf().sessions.createSession({ login: { case: "secondFactor", value: secondFactor } })
  return step.case === "created" ? step.value : assert.fail(String(step.case))
}

const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === "unary"

describe("without a token", () => {
  const open = new Map(services.map(({ desc, open = [] }) => [desc.typeName, new Set(open)] as const))

  test("what opens a way in is answered, and everything else is unauthenticated", async () => {
    const transport = bank.transportOf(undefined)
    const answered: Array<string> = []
    for (const { desc } of services)
      for (const method of desc.methods.filter(isUnary)) {
        const call = transport.unary(method, undefined, undefined, undefined, create(method.input))
        const code = await call.then(
          () => undefined,
          (error) => failureOf(Promise.reject(error)).then(({ code, problem }) => [code, problem.code])
        )
        const isOpen = open.get(desc.typeName)?.has(method.name) === true
        if (isOpen) answered.push(method.name)
        const told = code === undefined || code[0] === Code.InvalidArgument
        assert.ok(isOpen ? told : code?.[1] === "unauthenticated", `${desc.typeName}/${method.name}: ${code}`)
      }
    assert.deepEqual(answered, [
      "RegisterUser",
      "VerifyEmail",
      "RequestPasswordReset",
      "ResetPassword",
      "CreateSession",
      "BeginPasskeyLogin",
      "GetSecondFactorOptions",
      "ListProviders",
      "BeginFederatedLogin",
      "FinishFederatedLogin"
    ])
  })

  test("a request is told field by field what is wrong with it, in the way to log in that it has chosen", async () => {
    const { sessions, users } = clientsOf()
    const fields = async (answer: Promise<unknown>) => {
      const { code, problem } = await failureOf(answer)
      assert.deepEqual([code, problem.code], [Code.InvalidArgument, "invalid_request"])
      return problem.errors.map(({ field }) => field)
    }
    const wrong = { login: { case: "password", value: { email: "nobody" } } } as const
    assert.deepEqual(await fields(sessions.createSession(wrong)), ["password.email", "password.password"])
    const factor = { login: { case: "secondFactor", value: { ticket: "0123456789abcdef" } } } as const
    assert.deepEqual(await fields(sessions.createSession(factor)), ["secondFactor"])
    assert.deepEqual(await fields(sessions.createSession({})), [""])
    const fullName = " "
    assert.deepEqual(await fields(users.registerUser({ email: "ada@example.com", password, profile: { fullName } })), [
      "profile.fullName"
    ])
  })

  test("a password that others have guessed is refused, and so is a code that was not mailed", async () => {
    const { users } = clientsOf()
    const email = "breached@example.com"
    const breached = await failureOf(users.registerUser({ email, password: "password1234", profile }))
    assert.deepEqual([breached.code, breached.problem.code], [Code.FailedPrecondition, "password_refused"])
    assert.deepEqual(
      breached.problem.errors.map(({ field }) => field),
      ["password"]
    )
    const { ticket } = await users.registerUser({ email, password, profile })
    const code = (await mailed(email)) === "00000000" ? "00000001" : "00000000"
    assert.equal((await failureOf(users.verifyEmail({ ticket, code }))).problem.code, "invalid_code")
  })
})

describe("a user", () => {
  test("registers, logs in, and is the one it asks about unless it names another", async () => {
    const ada = await customer()
    assert.match(ada.user.id, /^usr_/u)
    assert.deepEqual(
      [ada.user.status, ada.user.roles, ada.user.kyc?.level],
      [UserStatus.ACTIVE, [Role.CUSTOMER], KycLevel.NONE]
    )
    assert.deepEqual([ada.session.methods, ada.session.assurance], [[AuthenticationMethod.PWD], Assurance.SINGLE])
    const { user } = await ada.users.getUser({})
    assert.deepEqual(user, ada.user)
    assert.deepEqual((await ada.users.getUser({ user: ada.user.id })).user, ada.user)
    const other = await customer()
    const hidden = await failureOf(ada.users.getUser({ user: other.user.id }))
    assert.deepEqual([hidden.code, hidden.problem.code], [Code.NotFound, "user_not_found"])
  })

  test("changes its profile from the version that it read", async () => {
    const ada = await customer()
    const changed = { fullName: "Ada King", phone: "+4930123456" }
    const { user } = await ada.users.updateProfile({ profile: changed, expectedVersion: ada.user.version })
    assert.deepEqual(
      [user?.profile?.fullName, user?.profile?.phone, user?.profile?.birthDate],
      [...Object.values(changed), undefined]
    )
    const stale = await failureOf(ada.users.updateProfile({ profile, expectedVersion: ada.user.version }))
    assert.deepEqual([stale.code, stale.problem.code], [Code.Aborted, "version_conflict"])
  })

  test("changes its address by the code that is mailed there", async () => {
    const ada = await customer()
    const email = `other-${ada.email}`
    const wrong = await failureOf(ada.users.changeEmail({ email, password: "wrong" }))
    assert.deepEqual([wrong.code, wrong.problem.code], [Code.FailedPrecondition, "wrong_password"])
    await ada.users.changeEmail({ email, password })
    assert.equal((await ada.users.confirmEmail({ code: await mailed(email) })).user?.email, email)
  })

  test("changes its password, which ends its other sessions, and resets one that it has forgotten", async () => {
    const ada = await customer()
    const login = { login: { case: "password", value: { email: ada.email, password } } } as const
    const { step } = await clientsOf().sessions.createSession(login)
    const second = step.case === "created" ? step.value.accessToken : ""
    await ada.users.changePassword({ oldPassword: password, password: "eleven gophers dig" })
    assert.equal((await failureOf(clientsOf(second).users.getUser({}))).problem.code, "unauthenticated")
    assert.equal((await ada.users.getUser({})).user?.id, ada.user.id)
    await clientsOf().users.requestPasswordReset({ email: ada.email })
    const token = await mailed(ada.email)
    await clientsOf().users.resetPassword({ token, password })
    assert.equal((await failureOf(ada.users.getUser({}))).problem.code, "unauthenticated")
    assert.equal((await clientsOf().sessions.createSession(login)).step.case, "created")
  })

  test("sees its sessions and ends them, one or all but its own", async () => {
    const ada = await customer()
    const login = { login: { case: "password", value: { email: ada.email, password } } } as const
    for (let count = 0; count < 2; count++) await clientsOf().sessions.createSession(login)
    const { items } = await ada.sessions.listSessions({})
    assert.deepEqual([items.length, items.some(({ id }) => id === ada.session.id)], [3, true])
    const [other, last] = items.map(({ id }) => id).filter((id) => id !== ada.session.id)
    for (const _ of ["once", "again"]) await ada.sessions.revokeSession({ session: present(other) })
    assert.deepEqual((await ada.sessions.revokeOtherSessions({})).revoked, [last])
    await ada.sessions.revokeSession({})
    assert.equal((await failureOf(ada.sessions.listSessions({}))).problem.code, "unauthenticated")
  })

  test("gets everything that the bank knows of it in one document, and leaves", async () => {
    const ada = await customer()
    const { document } = await ada.users.exportUser({})
    assert.deepEqual(Object.keys(present(document)).sort(), [
      "accounts",
      "delegations",
      "exportedAt",
      "factors",
      "sessions",
      "user"
    ])
    assert.ok(JSON.stringify(document).includes(ada.email))
    const { user } = await ada.users.closeUser({ password })
    assert.equal(user?.status, UserStatus.CLOSED)
    assert.equal((await failureOf(ada.users.getUser({}))).problem.code, "unauthenticated")
    const again = clientsOf().sessions.createSession({
      login: { case: "password", value: { email: ada.email, password } }
    })
    assert.deepEqual(
      [(await failureOf(again)).code, (await failureOf(again)).problem.code],
      [Code.Unauthenticated, "invalid_login"]
    )
  })

  test("who fails too often is told when to come back, by that many seconds", async () => {
    const ada = await customer()
    const wrong = { login: { case: "password", value: { email: ada.email, password: "wrong horse battery" } } } as const
    for (let count = 0; count < 5; count++)
      assert.equal((await failureOf(clientsOf().sessions.createSession(wrong))).problem.code, "invalid_login")
    const { code, problem, metadata } = await failureOf(clientsOf().sessions.createSession(wrong))
    assert.deepEqual([code, problem.code], [Code.ResourceExhausted, "login_throttled"])
    const seconds = Number(metadata.get("retry-after"))
    assert.ok(Number.isInteger(seconds) && seconds >= 1, String(seconds))
    assert.ok(problem.detail.includes(`${seconds} seconds`), problem.detail)
  })
})

describe("a second factor", () => {
  test("is set up, and from then on a password is not enough", async () => {
    const ada = await customer()
    assert.match((await ada.factors.beginTotp({})).uri, /^otpauth:/u)
    const refused = await failureOf(ada.factors.confirmTotp({ code: "999999" }))
    assert.deepEqual([refused.code, refused.problem.code], [Code.Unauthenticated, "invalid_second_factor"])
    const { recoveryCodes } = await ada.factors.confirmTotp({ code: "000001" })
    assert.equal(recoveryCodes.length, 10)
    const needed = await loggingIn(ada)
    assert.deepEqual(needed.methods, [SecondFactor.TOTP, SecondFactor.RECOVERY])
    const { ticket } = needed
    const byCode = await proving({ ticket, proof: { case: "code", value: "000002" } })
    assert.deepEqual(byCode.session?.methods, [AuthenticationMethod.PWD, AuthenticationMethod.OTP])
    assert.equal(byCode.session?.assurance, Assurance.MFA)
    const recovery = { case: "recoveryCode", value: present(recoveryCodes[0]) } as const
    await proving({ ticket: (await loggingIn(ada)).ticket, proof: recovery })
    assert.equal((await ada.factors.listFactors({})).recoveryCodesLeft, 9)
  })

  test("must be fresh before one goes: the answer says so, and the session is raised", async () => {
    const ada = await customer()
    await withApp(ada)
    const asked = await failureOf(ada.factors.removeTotp({}))
    assert.deepEqual([asked.code, asked.problem.code], [Code.Unauthenticated, "step_up_required"])
    assert.match(
      asked.metadata.get("www-authenticate") ?? "",
      /^Bearer realm="bank", error="insufficient_user_authentication", acr_values="mfa", max_age="\d+"$/u
    )
    const raised = await ada.sessions.raiseSession({ proof: { case: "code", value: "000003" } })
    assert.equal(raised.session?.assurance, Assurance.MFA)
    assert.equal(raised.expiresInSeconds, 600)
    assert.equal((await clientsOf(raised.accessToken).factors.regenerateRecoveryCodes({})).recoveryCodes.length, 10)
    await clientsOf(raised.accessToken).factors.removeTotp({})
    assert.equal((await ada.factors.listFactors({})).totpSince, undefined)
  })

  test("does not raise another session than the one that asks", async () => {
    const ada = await customer()
    await withApp(ada)
    const other = await proving({ ticket: (await loggingIn(ada)).ticket, proof: { case: "code", value: "000002" } })
    const session = present(other.session).id
    const refused = await failureOf(ada.sessions.raiseSession({ session, proof: { case: "code", value: "000003" } }))
    assert.deepEqual([refused.code, refused.problem.code], [Code.NotFound, "session_not_found"])
  })

  test("may be a passkey, which logs in by itself, after a password, and raises a session", async () => {
    const ada = await customer()
    const id = `passkey of ${ada.email}`
    const begun = await ada.factors.beginPasskey({})
    assert.equal(begun.options?.user, ada.user.id)
    const added = { ticket: begun.ticket, name: "Phone", answer: answerTo(begun.options, id) }
    assert.equal((await ada.factors.finishPasskey(added)).passkey?.name, "Phone")
    assert.equal((await failureOf(ada.factors.finishPasskey(added))).problem.code, "passkey_refused")

    const alone = await clientsOf().sessions.beginPasskeyLogin({})
    assert.deepEqual(alone.options?.nested, [{ depth: 2 }])
    const value = { ticket: alone.ticket, answer: answerTo(alone.options, id) }
    const { step } = await clientsOf().sessions.createSession({ login: { case: "passkey", value } })
    assert.equal(step.case === "created" ? step.value.session?.assurance : undefined, Assurance.MFA)

    const { ticket, methods } = await loggingIn(ada)
    assert.deepEqual(methods, [SecondFactor.RECOVERY, SecondFactor.PASSKEY])
    const { options } = await clientsOf().sessions.getSecondFactorOptions({ ticket })
    const second = await proving({ ticket, proof: { case: "passkey", value: answerTo(options, id) } })
    assert.deepEqual(second.session?.methods, [AuthenticationMethod.PWD, AuthenticationMethod.PASSKEY])

    const raise = await ada.sessions.beginRaise({})
    const proof = { ticket: raise.ticket, answer: answerTo(raise.options, id) }
    await ada.sessions.raiseSession({ proof: { case: "passkey", value: proof } })
    const { passkeys } = await ada.factors.listFactors({})
    assert.ok(passkeys[0]?.lastUsedAt !== undefined)
    await ada.factors.removePasskey({ passkey: id })
    assert.deepEqual((await ada.factors.listFactors({})).passkeys, [])
  })
})

describe("a login at another provider", () => {
  const callback = (who: string) => `https://bank.example/federated?who=${who}`

  test("opens whom it is linked to, and registers who is new", async () => {
    const { federation } = clientsOf()
    assert.deepEqual(
      (await federation.listProviders({})).items.map(({ name, title }) => [name, title]),
      [["first", "First"]]
    )
    const { ticket, url } = await federation.beginFederatedLogin({ provider: "first" })
    assert.match(url, /^https:\/\/first\.example/u)
    const { step } = await federation.finishFederatedLogin({ ticket, callback: callback("grace") })
    const created = step.case === "created" ? step.value : assert.fail(String(step.case))
    const { user } = await clientsOf(created.accessToken).users.getUser({})
    assert.deepEqual([user?.email, user?.profile?.fullName], ["grace@first.example", "grace"])
    const late = await failureOf(federation.finishFederatedLogin({ ticket, callback: callback("grace") }))
    assert.deepEqual([late.code, late.problem.code], [Code.Unauthenticated, "federated_login_expired"])
    const unknown = await failureOf(federation.beginFederatedLogin({ provider: "third" }))
    assert.deepEqual([unknown.code, unknown.problem.code], [Code.NotFound, "unknown_provider"])
  })

  test("is linked by a user, and unlinked", async () => {
    const ada = await customer()
    const { ticket } = await ada.federation.beginLinkIdentity({ provider: "first" })
    const { items } = await ada.federation.linkIdentity({ ticket, callback: callback(`ada-${people}`) })
    assert.deepEqual((await ada.federation.listIdentities({})).items, items)
    assert.equal((await ada.factors.listFactors({})).identities[0]?.issuer, "https://first.example")
    assert.deepEqual((await ada.federation.unlinkIdentity({ identity: present(items[0]).id })).items, [])
  })
})

describe("staff", () => {
  test("identifies who has asked for it", async () => {
    const ada = await customer()
    const { user } = await ada.users.submitKyc({ level: KycLevel.BASIC })
    assert.deepEqual([user?.kyc?.status, user?.kyc?.requested], [KycStatus.PENDING, KycLevel.BASIC])
    const operator = clientsOf((await employed("operator")).token)
    const { items } = await operator.users.listUsers({ kyc: KycStatus.PENDING })
    assert.deepEqual(
      items.map(({ id }) => id),
      [ada.user.id]
    )
    const reviewed = await operator.users.reviewKyc({ user: ada.user.id, outcome: KycOutcome.APPROVED })
    assert.deepEqual([reviewed.user?.kyc?.level, reviewed.user?.kyc?.status], [KycLevel.BASIC, KycStatus.APPROVED])
  })

  test("lists users in pages that join without gap or repetition", async () => {
    for (let count = 0; count < 3; count++) await employed("teller")
    const { users } = clientsOf((await employed("auditor")).token)
    const listed = []
    let after: string | undefined
    do {
      const page = await users.listUsers({ limit: 2, ...(after === undefined ? {} : { after }) })
      assert.ok(page.items.length <= 2)
      listed.push(...page.items.map(({ id }) => id))
      after = page.next
    } while (after !== undefined)
    assert.equal(new Set(listed).size, listed.length)
    assert.equal((await users.listUsers({ limit: 200 })).items.length, listed.length)
  })

  test("erases who is closed and had no account, and never itself; roles take a second person", async () => {
    const ada = await customer()
    const { token, user } = await employed("administrator")
    const { users } = clientsOf(token)
    const early = await failureOf(users.eraseUser({ user: ada.user.id }))
    assert.deepEqual([early.code, early.problem.code], [Code.FailedPrecondition, "user_status_conflict"])
    await users.closeUser({ user: ada.user.id })
    const erased = (await users.eraseUser({ user: ada.user.id })).user
    assert.deepEqual([erased?.status, erased?.email, erased?.profile], [UserStatus.ERASED, undefined, undefined])
    const own = await failureOf(users.eraseUser({ user }))
    assert.deepEqual([own.code, own.problem.code], [Code.PermissionDenied, "not_on_oneself"])
    const unnamed = await failureOf(users.eraseUser({}))
    assert.deepEqual(
      unnamed.problem.errors.map(({ field }) => field),
      ["user"]
    )
    const other = await customer()
    const roles = await failureOf(users.assignRoles({ user: other.user.id, roles: [Role.CUSTOMER, Role.TELLER] }))
    assert.deepEqual([roles.code, roles.problem.code], [Code.PermissionDenied, "approval_required"])
    const customers = await failureOf(other.users.listUsers({}))
    assert.deepEqual([customers.code, customers.problem.code], [Code.PermissionDenied, "forbidden"])
  })
})
