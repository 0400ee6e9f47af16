import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Code } from "@connectrpc/connect"
import { Schema } from "effect"
import { type Approval, ApprovalStatus, Decision } from "../../proto/gen/bank/access/v1/approval_service_pb.ts"
import { AuditOutcome } from "../../proto/gen/bank/access/v1/audit_service_pb.ts"
import { Confidentiality, GrantType } from "../../proto/gen/bank/access/v1/client_service_pb.ts"
import { DelegationKind, DelegationRight } from "../../proto/gen/bank/access/v1/delegation_service_pb.ts"
import { failureOf, present, servedBank, services } from "./people.fixture.ts"
import { bufCurl } from "./testing.fixture.ts"

const bank = servedBank()
const { clientsOf, employed, mailed } = bank

const password = "correct horse battery"
let people = 0
let keys = 0
const newKey = (): string => `key-${++keys}`

/** A customer who has proved two factors now. */
const customer = async () => {
  const email = `customer-${++people}@example.com`
  const { users, sessions } = clientsOf()
  const { ticket } = await users.registerUser({ email, password, profile: { fullName: "Ada Lovelace" } })
  const { user } = await users.verifyEmail({ ticket, code: await mailed(email) })
  const { step } = await sessions.createSession({ login: { case: "password", value: { email, password } } })
  const token = step.case === "created" ? step.value.accessToken : assert.fail(String(step.case))
  const own = clientsOf(token)
  await own.factors.beginTotp({})
  await own.factors.confirmTotp({ code: "000001" })
  await own.sessions.raiseSession({ proof: { case: "code", value: "000002" } })
  return { ...own, user: present(user).id, id: present(present(user).customer) }
}

const checking = { product: "checking", currency: "USD" }

describe("delegations", () => {
  const sight = { kind: DelegationKind.POWER_OF_ATTORNEY, right: DelegationRight.VIEW }

  test("let another customer see an account until they are revoked", async () => {
    const [ada, bob] = [await customer(), await customer()]
    const opened = await ada.accounts.openAccount({ ...checking, idempotencyKey: newKey() })
    const account = present(opened.account).id
    assert.equal((await failureOf(bob.accounts.getAccount({ account }))).problem.code, "account_not_found")
    const request = { ...sight, grantee: bob.id, account, idempotencyKey: newKey() }
    const delegation = present((await ada.delegations.createDelegation(request)).delegation)
    assert.deepEqual([delegation.grantor, delegation.grantee, delegation.right], [ada.id, bob.id, DelegationRight.VIEW])
    assert.deepEqual((await ada.delegations.createDelegation(request)).delegation, delegation)
    assert.equal((await bob.accounts.getAccount({ account })).account?.id, account)
    for (const { delegations } of [ada, bob]) {
      assert.deepEqual((await delegations.listDelegations({})).items, [delegation])
      assert.deepEqual((await delegations.getDelegation({ delegation: delegation.id })).delegation, delegation)
    }
    const eve = await customer()
    const hidden = await failureOf(eve.delegations.getDelegation({ delegation: delegation.id }))
    assert.deepEqual([hidden.code, hidden.problem.code], [Code.NotFound, "delegation_not_found"])
    const revoked = await bob.delegations.revokeDelegation({ delegation: delegation.id })
    assert.ok(revoked.delegation?.revokedAt !== undefined)
    assert.deepEqual(
      (await ada.delegations.revokeDelegation({ delegation: delegation.id })).delegation,
      revoked.delegation
    )
    assert.equal((await failureOf(bob.accounts.getAccount({ account }))).problem.code, "account_not_found")
  })

  test("are refused with the field at fault, and their key is its caller's own", async () => {
    const [ada, bob] = [await customer(), await customer()]
    const request = { ...sight, grantee: bob.id, idempotencyKey: newKey() }
    await ada.delegations.createDelegation(request)
    const own = await failureOf(ada.delegations.createDelegation({ ...request, grantee: ada.id }))
    assert.deepEqual([own.code, own.problem.code], [Code.FailedPrecondition, "delegation_to_self"])
    assert.deepEqual(
      own.problem.errors.map(({ field }) => field),
      ["grantee"]
    )
    const reused = await failureOf(ada.delegations.createDelegation({ ...request, right: DelegationRight.MANAGE }))
    assert.equal(reused.problem.code, "idempotency_key_reused")
    const foreign = await bob.delegations.createDelegation({ ...request, grantee: ada.id })
    assert.equal(foreign.delegation?.grantor, bob.id)
    const empty = await failureOf(ada.delegations.createDelegation({}))
    assert.deepEqual(
      empty.problem.errors.map(({ field }) => field),
      ["grantee", "kind", "right", "idempotencyKey"]
    )
    const bounded = { ...request, amountMax: { amount: "1.234", currency: "USD" }, idempotencyKey: newKey() }
    assert.deepEqual(
      (await failureOf(ada.delegations.createDelegation(bounded))).problem.errors.map(({ field }) => field),
      ["amountMax.amount"]
    )
  })
})

describe("approvals", () => {
  const asked = async (maker: { readonly token: string }, roles: ReadonlyArray<string>, user: string) => {
    const { approvals } = clientsOf(maker.token)
    const command = { user, roles: [...roles] }
    const filed = { operation: "users.assignRoles", command, reason: "Hired", idempotencyKey: newKey() }
    const approval = present((await approvals.fileApproval(filed)).approval)
    assert.deepEqual((await approvals.fileApproval(filed)).approval, approval)
    return approval
  }
  const decisionOf = (approval: Approval, decision: Decision) => ({ approval: approval.id, decision })

  test("are asked for by one and decided by another, and what was asked for is done then", async () => {
    const [maker, checker, hired] = [
      await employed("administrator"),
      await employed("administrator"),
      await employed("teller")
    ]
    const approval = await asked(maker, ["loan_officer"], hired.user)
    assert.deepEqual(approval.command, { user: hired.user, roles: ["loan_officer"] })
    assert.deepEqual([approval.status, approval.maker, approval.reason], [ApprovalStatus.PENDING, maker.user, "Hired"])
    const own = await failureOf(clientsOf(maker.token).approvals.decideApproval(decisionOf(approval, Decision.APPROVE)))
    assert.deepEqual([own.code, own.problem.code], [Code.PermissionDenied, "own_approval"])
    const { approvals, users } = clientsOf(checker.token)
    const done = (await approvals.decideApproval(decisionOf(approval, Decision.APPROVE))).approval
    assert.deepEqual([done?.status, done?.checker, done?.failure], [ApprovalStatus.DONE, checker.user, undefined])
    const answered = done?.result?.kind
    assert.equal(answered?.case === "structValue" && answered.value.fields.roles?.kind.case, "listValue")
    assert.deepEqual((await approvals.getApproval({ approval: approval.id })).approval, done)
    const { user } = await users.getUser({ user: hired.user })
    assert.deepEqual([user?.roles.length, user?.version], [1, 2])
    const late = await failureOf(approvals.decideApproval(decisionOf(approval, Decision.REJECT)))
    assert.deepEqual([late.code, late.problem.code], [Code.FailedPrecondition, "approval_decided"])
  })

  test("are listed by status in pages, and rejected ones change nothing", async () => {
    const [maker, checker, hired] = [
      await employed("administrator"),
      await employed("administrator"),
      await employed("teller")
    ]
    const approval = await asked(maker, ["auditor"], hired.user)
    const { approvals, users } = clientsOf(checker.token)
    const decided = { ...decisionOf(approval, Decision.REJECT), reason: "Not yet" }
    const rejected = (await approvals.decideApproval(decided)).approval
    assert.deepEqual([rejected?.status, rejected?.decisionReason], [ApprovalStatus.REJECTED, "Not yet"])
    assert.equal((await users.getUser({ user: hired.user })).user?.version, 1)
    const page = await approvals.listApprovals({ status: ApprovalStatus.REJECTED, limit: 1 })
    assert.deepEqual([page.items, page.next], [[present(rejected)], approval.id])
    const rest = await approvals.listApprovals({ status: ApprovalStatus.REJECTED, after: approval.id })
    assert.deepEqual([rest.items, rest.next], [[], undefined])
  })

  test("are refused when their command is wrong, field by field, or theirs to ask for is not", async () => {
    const { approvals } = clientsOf((await employed("administrator")).token)
    const wrong = { operation: "users.assignRoles", command: { user: "me", roles: ["king"] }, idempotencyKey: newKey() }
    const { code, problem } = await failureOf(approvals.fileApproval(wrong))
    assert.equal(code, Code.InvalidArgument)
    assert.deepEqual(
      problem.errors.map(({ field }) => field),
      ["command.user", "command.roles.0"]
    )
    const teller = clientsOf((await employed("teller")).token)
    const { user } = await employed("teller")
    const command = { user, roles: ["administrator"] }
    const forbidden = await failureOf(teller.approvals.fileApproval({ ...wrong, command, idempotencyKey: newKey() }))
    assert.deepEqual([forbidden.code, forbidden.problem.code], [Code.PermissionDenied, "forbidden"])
  })
})

describe("the audit log", () => {
  test("tells auditors who has read whom, and nobody else", async () => {
    const [operator, auditor] = [await employed("operator"), await employed("auditor")]
    const { user } = await customer()
    await clientsOf(operator.token).users.getUser({ user })
    const { audit } = clientsOf(auditor.token)
    const query = { actor: operator.user, object: user, operation: "users.read" }
    const { items, next } = await audit.searchAudit(query)
    const [entry] = items
    assert.deepEqual([items.length, next], [1, undefined])
    assert.deepEqual(
      [entry?.actor?.id, entry?.operation, entry?.objects, entry?.outcome],
      [operator.user, "users.read", [user], AuditOutcome.READ]
    )
    assert.match(entry?.origin?.address ?? "", /127\.0\.0\.1/u)
    assert.match(entry?.origin?.requestId ?? "", /^req_/u)
    const first = await audit.searchAudit({ limit: 1 })
    const second = await audit.searchAudit({ limit: 1, after: present(first.next) })
    assert.equal(second.items[0]?.sequence, present(first.items[0]).sequence - 1n)
    const head = await audit.getAuditHead({})
    assert.match(head.hash, /^[0-9a-f]{64}$/u)
    assert.ok(head.sequence >= present(first.items[0]).sequence)
    const unknown = await failureOf(audit.searchAudit({ operation: "accounts.burn" }))
    assert.deepEqual(
      unknown.problem.errors.map(({ field }) => field),
      ["operation"]
    )
    const refused = await failureOf(clientsOf(operator.token).audit.searchAudit({}))
    assert.deepEqual([refused.code, refused.problem.code], [Code.PermissionDenied, "forbidden"])
  })
})

describe("clients", () => {
  const app = {
    name: "Household Ledger",
    confidentiality: Confidentiality.CONFIDENTIAL,
    grantTypes: [GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN],
    redirectUris: ["https://ledger.example/callback"],
    scopes: ["accounts:read"]
  }

  test("are registered with a secret that is told once, listed without it, and removed", async () => {
    const { clients } = clientsOf((await employed("administrator")).token)
    const { client, secret } = await clients.registerClient(app)
    assert.match(present(secret), /^[\w-]{43}$/u)
    const publicApp = await clients.registerClient({ ...app, confidentiality: Confidentiality.PUBLIC })
    assert.equal(publicApp.secret, undefined)
    assert.deepEqual((await clients.listClients({})).items, [client, publicApp.client])
    await clients.removeClient({ client: present(client).id })
    assert.deepEqual((await clients.listClients({})).items, [publicApp.client])
    const again = await failureOf(clients.removeClient({ client: present(client).id }))
    assert.deepEqual([again.code, again.problem.code], [Code.NotFound, "client_not_found"])
  })

  test("of third parties are not registered for what no user can grant", async () => {
    const { clients } = clientsOf((await employed("administrator")).token)
    const refused = await failureOf(clients.registerClient({ ...app, scopes: ["bank:admin"] }))
    assert.equal(refused.problem.code, "scope_not_grantable")
  })
})

describe("an independent client", () => {
  const Text = Schema.Record(Schema.String, Schema.Unknown)
  const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Text))

  const calling = (options: ReadonlyArray<string>) => async (method: string, request: object, token?: string) => {
    const bearer = token === undefined ? [] : ["-H", `Authorization: Bearer ${token}`]
    const body = ["-d", JSON.stringify(request)]
    const { code, out, err } = await bufCurl(...options, ...bearer, ...body, `${bank.url()}/bank.${method}`)
    assert.equal(code, 0, err)
    return decode(out)
  }

  /** The text at a path of an answer. */
  const at = (answer: unknown, ...path: ReadonlyArray<string>): string => {
    const found = path.reduce((value, name) => (Schema.is(Text)(value) ? value[name] : undefined), answer)
    return typeof found === "string" ? found : assert.fail(`no text at ${path.join(".")}: ${JSON.stringify(answer)}`)
  }

  for (const [protocol, ...options] of [
    ["grpc", "--http2-prior-knowledge"],
    ["connect", "--schema", "proto"]
  ] as const)
    test(`registers, logs in, delegates and has something approved over ${protocol}`, async () => {
      const call = calling(["--protocol", protocol, ...options])
      const email = `curl-${protocol}@example.com`
      const profile = { fullName: "Grace Hopper" }
      const registered = await call("user.v1.UserService/RegisterUser", { email, password, profile })
      const ticket = at(registered, "ticket")
      const verified = await call("user.v1.UserService/VerifyEmail", { ticket, code: await mailed(email) })
      const login = await call("user.v1.SessionService/CreateSession", { password: { email, password } })
      const token = at(login, "created", "accessToken")
      const { user } = await call("user.v1.UserService/GetUser", {}, token)
      assert.deepEqual(user, verified.user)
      await call("user.v1.FactorService/BeginTotp", {}, token)
      await call("user.v1.FactorService/ConfirmTotp", { code: "000001" }, token)
      const raised = await call("user.v1.SessionService/RaiseSession", { code: "000002" }, token)
      assert.equal(at(raised, "session", "assurance"), "ASSURANCE_MFA")
      const delegating = {
        grantee: "cus_01h455vb4pex5vsknk084sn02q",
        kind: "DELEGATION_KIND_JOINT_HOLDER",
        right: "DELEGATION_RIGHT_TRANSACT",
        amountMax: { amount: "100.00", currency: "USD" },
        idempotencyKey: newKey()
      }
      const delegated = await call("access.v1.DelegationService/CreateDelegation", delegating, token)
      assert.equal(at(delegated, "delegation", "grantor"), at(user, "customer"))
      const [maker, checker] = [await employed("administrator"), await employed("administrator")]
      const command = { user: at(user, "id"), roles: ["customer", "teller"] }
      const filing = { operation: "users.assignRoles", command, idempotencyKey: newKey() }
      const filed = await call("access.v1.ApprovalService/FileApproval", filing, maker.token)
      const decision = { approval: at(filed, "approval", "id"), decision: "DECISION_APPROVE" }
      const done = await call("access.v1.ApprovalService/DecideApproval", decision, checker.token)
      assert.equal(at(done, "approval", "status"), "APPROVAL_STATUS_DONE")
    })

  test("learns every service from reflection", async () => {
    const { out } = await bufCurl("--protocol", "grpc", "--http2-prior-knowledge", "--list-services", bank.url())
    const listed = out.trim().split("\n")
    for (const { desc } of services) assert.ok(listed.includes(desc.typeName), desc.typeName)
  })
})
