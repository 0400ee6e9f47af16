import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { equals, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Effect, Layer, ManagedRuntime } from "effect"
import { Instant, LocalDate, Period } from "../../domain/calendar/index.ts"
import {
  AccountService,
  AccountStatus,
  Freeze,
  type OpenAccountRequestSchema
} from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { HoldStatus, Side, TransactionKind } from "../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import {
  DepositResponseSchema,
  TransactionSchema,
  TransactionService
} from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import { accessLayer, layer as memoryLayer } from "../memory/index.ts"
import { accountService, serve, transactionService } from "./index.ts"
import { ada, authenticatorLayer, bankLayer, bob, idsLayer, otherToken, token } from "./testing.fixture.ts"

let url = ""
const served = Layer.effectDiscard(
  Effect.map(
    serve([accountService, transactionService], { host: "127.0.0.1", port: 0, graceMillis: 100 }),
    (server) => {
      url = `http://127.0.0.1:${server.port}`
    }
  )
).pipe(
  Layer.provide([
    Layer.provideMerge(accessLayer(), Layer.provideMerge(memoryLayer, idsLayer)),
    authenticatorLayer,
    bankLayer
  ])
)
const runtime = ManagedRuntime.make(served)
const sessions: Array<Http2SessionManager> = []

const clientsOf = (bearer: string) => {
  const sessionManager = new Http2SessionManager(url)
  sessions.push(sessionManager)
  const transport = createGrpcTransport({
    baseUrl: url,
    sessionManager,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${bearer}`)
        return next(request)
      }
    ]
  })
  return {
    accounts: createClient(AccountService, transport),
    transactions: createClient(TransactionService, transport)
  }
}

type Clients = ReturnType<typeof clientsOf>

const usd = (amount: string) => ({ amount, currency: "USD" })
let keys = 0
const newKey = (): string => `key-${++keys}`

/** What an answer lacks makes the test fail here. */
const present = <A>(value: A | undefined): A => value ?? assert.fail("expected a value")

const opened = async ({ accounts }: Clients, more: MessageInitShape<typeof OpenAccountRequestSchema> = {}) => {
  const request = { product: "checking", currency: "USD", idempotencyKey: newKey(), ...more }
  return present((await accounts.openAccount(request)).account)
}

const funded = async (clients: Clients, amount: string) => {
  const account = await opened(clients)
  await clients.transactions.deposit({ account: account.id, amount: usd(amount), idempotencyKey: newKey() })
  return account
}

const failureOf = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => assert.fail("expected an error"),
    (reason) => ConnectError.from(reason)
  )
  return { code: error.code, problem: present(error.findDetails(ProblemSchema)[0]) }
}

describe("the public services", () => {
  before(() => runtime.context())
  after(async () => {
    for (const session of sessions) session.abort()
    await runtime.dispose()
  })

  test("an account is opened for the caller unless for someone else, and found again", async () => {
    const clients = clientsOf(token)
    const own = await opened(clients, { name: "Holidays", overdraftLimit: usd("100") })
    assert.deepEqual([own.owner, own.status, own.name], [ada.customer, AccountStatus.ACTIVE, "Holidays"])
    assert.equal(own.balances?.available?.amount, "100.00")
    assert.equal((await opened(clients, { owner: bob.customer })).owner, bob.customer)
    const found = present((await clients.accounts.getAccount({ account: own.id })).account)
    assert.deepEqual([found.id, found.iban, found.version], [own.id, undefined, own.version])
  })

  test("accounts of an owner are listed in pages that join without gap or repetition", async () => {
    const clients = clientsOf(otherToken)
    const ids = []
    for (let count = 0; count < 3; count++) ids.push((await opened(clients)).id)
    const listed = []
    let after: string | undefined
    do {
      const page = await clients.accounts.listAccounts({
        owner: bob.customer,
        limit: 2,
        ...(after === undefined ? {} : { after })
      })
      assert.ok(page.items.length <= 2)
      listed.push(...page.items.map(({ id }) => id))
      after = page.next
    } while (after !== undefined)
    assert.deepEqual(listed.slice(-3), ids)
    assert.equal(new Set(listed).size, listed.length)
    assert.ok((await clients.accounts.listAccounts({ owner: bob.customer })).items.length >= 3)
  })

  test("an account is renamed, loses its name, is frozen and unfrozen, each from the version that was read", async () => {
    const { accounts } = clientsOf(token)
    const { id: account, version } = await opened(clientsOf(token))
    const named = present((await accounts.renameAccount({ account, name: "Rent", expectedVersion: version })).account)
    assert.deepEqual([named.name, named.version], ["Rent", version + 1])
    const stale = await failureOf(accounts.renameAccount({ account, name: "Food", expectedVersion: version }))
    assert.deepEqual([stale.code, stale.problem.code], [Code.Aborted, "version_conflict"])
    assert.equal((await accounts.renameAccount({ account })).account?.name, undefined)
    const frozen = present((await accounts.freezeAccount({ account, freeze: Freeze.DEBITS })).account)
    assert.deepEqual([frozen.status, frozen.freeze], [AccountStatus.FROZEN, Freeze.DEBITS])
    const unnamed = await failureOf(accounts.freezeAccount({ account }))
    assert.deepEqual(
      unnamed.problem.errors.map(({ field, message }) => [field, message]),
      [["freeze", "Required"]]
    )
    const active = present((await accounts.unfreezeAccount({ account })).account)
    assert.deepEqual([active.status, active.freeze], [AccountStatus.ACTIVE, Freeze.UNSPECIFIED])
    const limited = await accounts.setOverdraftLimit({ account, overdraftLimit: usd("25.5") })
    assert.equal(limited.account?.overdraftLimit?.amount, "25.50")
  })

  test("money comes in, goes on and goes out, and the statement adds up", async () => {
    const clients = clientsOf(token)
    const { accounts, transactions } = clients
    const from = await funded(clients, "100")
    const to = await opened(clients)
    const sent = await transactions.transfer({
      from: from.id,
      to: to.id,
      amount: usd("30.25"),
      description: "Rent",
      metadata: { month: "2026-11" },
      idempotencyKey: newKey()
    })
    const transfer = present(sent.transaction)
    assert.deepEqual(
      transfer.entries.map(({ accountId, side, amount }) => [accountId, side, amount?.amount]),
      [
        [from.id, Side.DEBIT, "30.25"],
        [to.id, Side.CREDIT, "30.25"]
      ]
    )
    assert.deepEqual([transfer.kind, transfer.metadata], [TransactionKind.TRANSFER, { month: "2026-11" }])
    const found = await transactions.getTransaction({ transaction: transfer.id })
    assert.ok(equals(TransactionSchema, present(found.transaction), transfer))
    await transactions.withdraw({ account: to.id, amount: usd("10.25"), idempotencyKey: newKey() })
    const history = await transactions.listAccountTransactions({ account: to.id, limit: 1 })
    assert.deepEqual([history.items[0]?.balance?.amount, history.next], ["20.00", 2n])
    const rest = await transactions.listAccountTransactions({ account: to.id, after: 2n })
    assert.deepEqual([rest.items.map(({ description }) => description), rest.next], [["Rent"], undefined])
    const booked = present(transfer.bookedAt)
    const day = LocalDate.fromInstant(Instant.fromMillis(Number(booked.seconds) * 1000))
    const { statement } = await accounts.getStatement({ account: to.id, period: Period.of(day) })
    assert.deepEqual(
      [statement?.opening, statement?.totalCredits, statement?.totalDebits, statement?.closing].map(
        (money) => money?.amount
      ),
      ["0.00", "30.25", "10.25", "20.00"]
    )
    assert.equal(statement?.entries.length, 2)
  })

  test("a journal transaction is posted leg by leg, and taken back in part and in full", async () => {
    const clients = clientsOf(token)
    const from = await funded(clients, "50")
    const to = await opened(clients)
    const legs = [
      { accountId: from.id, side: Side.DEBIT, amount: usd("20") },
      { accountId: to.id, side: Side.CREDIT, amount: usd("20") }
    ]
    const post = (entries: typeof legs) => clients.transactions.postTransaction({ entries, idempotencyKey: newKey() })
    const unbalanced = await failureOf(post(legs.map((leg, n) => ({ ...leg, amount: usd(n === 0 ? "20" : "19") }))))
    assert.deepEqual([unbalanced.code, unbalanced.problem.code], [Code.FailedPrecondition, "unbalanced"])
    const posted = present((await post(legs)).transaction)
    const reverse = (amount?: string) =>
      clients.transactions.reverseTransaction({
        transaction: posted.id,
        idempotencyKey: newKey(),
        ...(amount === undefined ? {} : { amount: usd(amount) })
      })
    assert.equal((await reverse("5")).transaction?.reverses, posted.id)
    assert.equal((await reverse()).transaction?.entries[0]?.amount?.amount, "15.00")
    assert.equal((await failureOf(reverse())).problem.code, "reversal_exceeds_transaction")
  })

  test("a hold is authorized, captured in part, found and released", async () => {
    const clients = clientsOf(token)
    const { transactions } = clients
    const from = await funded(clients, "50")
    const to = await opened(clients)
    const authorized = await transactions.authorizeHold({
      from: from.id,
      to: to.id,
      amount: usd("40"),
      expiresAt: { seconds: BigInt(Date.UTC(2099, 0, 1) / 1000) },
      idempotencyKey: newKey()
    })
    const hold = present(authorized.hold).id
    const capture = { hold, amount: usd("10"), keepRest: true, idempotencyKey: newKey() }
    assert.equal((await transactions.captureHold(capture)).transaction?.holdId, hold)
    const found = present((await transactions.getHold({ hold })).hold)
    assert.deepEqual([found.status, found.captured?.amount], [HoldStatus.AUTHORIZED, "10.00"])
    const released = await transactions.releaseHold({ hold, idempotencyKey: newKey() })
    assert.equal(released.hold?.status, HoldStatus.RELEASED)
    const again = await failureOf(transactions.releaseHold({ hold, idempotencyKey: newKey() }))
    assert.deepEqual([again.code, again.problem.code], [Code.FailedPrecondition, "hold_ended"])
  })

  test("an account closes into another, and closing again is the same answer", async () => {
    const clients = clientsOf(token)
    const account = await funded(clients, "7")
    const heir = await opened(clients)
    const outstanding = await failureOf(clients.accounts.closeAccount({ account: account.id }))
    assert.equal(outstanding.problem.code, "balance_outstanding")
    for (const _ of ["first", "again"]) {
      const { account: closed } = await clients.accounts.closeAccount({ account: account.id, sweepTo: heir.id })
      assert.deepEqual([closed?.status, closed?.sweptTo], [AccountStatus.CLOSED, heir.id])
    }
    const late = await failureOf(
      clients.transactions.deposit({ account: account.id, amount: usd("1"), idempotencyKey: newKey() })
    )
    assert.deepEqual([late.code, late.problem.code], [Code.FailedPrecondition, "account_closed"])
  })

  test("INV-9: a retry has the first answer byte for byte, refusals and their request id too", async () => {
    const clients = clientsOf(token)
    const { id: account } = await opened(clients)
    const deposit = { account, amount: usd("5"), idempotencyKey: newKey() }
    const [first, second] = [await clients.transactions.deposit(deposit), await clients.transactions.deposit(deposit)]
    assert.deepEqual(toBinary(DepositResponseSchema, second), toBinary(DepositResponseSchema, first))
    const withdrawal = { account, amount: usd("6"), idempotencyKey: newKey() }
    const refused = await failureOf(clients.transactions.withdraw(withdrawal))
    await clients.transactions.deposit({ account, amount: usd("5"), idempotencyKey: newKey() })
    const retried = await failureOf(clients.transactions.withdraw(withdrawal))
    assert.equal(refused.problem.code, "insufficient_funds")
    assert.deepEqual(toBinary(ProblemSchema, retried.problem), toBinary(ProblemSchema, refused.problem))
    const other = await failureOf(clients.transactions.withdraw({ ...withdrawal, amount: usd("1") }))
    assert.equal(other.problem.code, "idempotency_key_reused")
    assert.deepEqual(
      other.problem.errors.map(({ field }) => field),
      ["idempotencyKey"]
    )
  })

  test("two callers may use the same key without meeting", async () => {
    const [first, second] = [clientsOf(token), clientsOf(otherToken)]
    const { id: account } = await opened(first)
    const deposit = { account, amount: usd("5"), idempotencyKey: newKey() }
    const answers = [await first.transactions.deposit(deposit), await second.transactions.deposit(deposit)]
    const ids = answers.map(({ transaction }) => transaction?.id)
    assert.notEqual(ids[0], ids[1])
    assert.equal((await first.accounts.getAccount({ account })).account?.balances?.posted?.amount, "10.00")
  })

  test("what is not there is not_found, and what was left out is said field by field", async () => {
    const { accounts, transactions } = clientsOf(token)
    const account = "acc_01h455vb4pex5vsknk084sn02q"
    const missing = await failureOf(accounts.getAccount({ account }))
    assert.deepEqual([missing.code, missing.problem.code], [Code.NotFound, "account_not_found"])
    assert.match(missing.problem.errorJson, /^\{"_tag":"AccountNotFound",/u)
    const empty = await failureOf(transactions.captureHold({}))
    assert.equal(empty.code, Code.InvalidArgument)
    assert.deepEqual(
      empty.problem.errors.map(({ field }) => field),
      ["hold", "idempotencyKey"]
    )
    const wide = await failureOf(accounts.listAccounts({ limit: 201 }))
    assert.deepEqual(
      wide.problem.errors.map(({ field }) => field),
      ["limit"]
    )
  })
})
