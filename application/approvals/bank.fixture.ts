/** A bank in memory with two operators, an administrator and two accounts, for the tests of approvals. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, Permission, type Role, scopes, TenantId } from "../../domain/identity/index.ts"
import { CustomerId, UserId } from "../../domain/ids/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { run } from "../../infra/testing/effect.ts"
import { getAccount, openAccount } from "../accounts/index.ts"
import { deposit } from "../ledger/index.ts"
import { ApprovalStore } from "../ports/ApprovalStore.ts"
import { Bank } from "../ports/Bank.ts"
import type { Caller } from "../ports/Caller.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { UserStore } from "../ports/UserStore.ts"
import { fileApproval } from "./index.ts"

const usd = Currency.Code.make("USD")
const tenant = TenantId.make("bank")
const customer = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p")
export const noon = Instant.fromMillis(1_800_000_000_000)

const person = (letter: string, role: Role): Caller => {
  const user = UserId.make(`usr_01jdf8a3e0e8vrvn4t8n9d2k7${letter}`)
  return {
    id: `${user}:desk`,
    tenant,
    user,
    roles: [role],
    scopes,
    kyc: "none",
    assurance: "mfa",
    authenticatedAt: noon,
    client: "desk"
  }
}

export const maker = person("a", "operator")
export const checker = person("b", "operator")
export const third = person("c", "operator")
export const administrator = person("d", "administrator")

const terms = { ...Permission.termsUsual, tenant }
const bank = Layer.succeed(
  Bank,
  Bank.of({ identity: { country: "DE", bankCode: "10020030" }, products: Product.builtIn })
)

const tokens = Layer.succeed(
  TokenIssuer,
  TokenIssuer.of({
    issue: () => Effect.die(new Error("nobody logs in here")),
    revoke: () => Effect.void
  })
)

export const services = Layer.mergeAll(
  Memory.accessLayer(terms),
  Memory.sessionStoreLayer,
  bank,
  tokens,
  TestClock.layer()
).pipe(Layer.provideMerge(Memory.layer), Layer.provideMerge(Ids.seeded(1)))
export type Services = Layer.Success<typeof services>

const stored = ({ user, roles }: Caller) =>
  Effect.gen(function* () {
    assert.ok(user !== undefined)
    const record = {
      id: user,
      tenant,
      branch: BranchId.make("main"),
      status: "active",
      roles,
      kyc: { level: "none", status: "none" },
      createdAt: noon,
      version: 1
    } as const
    yield* (yield* UserStore).insert(record, { user, recoveryCodes: [], passkeys: [], identities: [], version: 1 })
  })

/** One more of the staff. */
export const employed = (letter: string, role: Role) => {
  const caller = person(letter, role)
  return Effect.as(stored(caller), caller)
}

/** A test with the staff employed, at noon. */
export const specify = (name: string, body: Effect.Effect<void, unknown, Services>): void =>
  void test(name, () =>
    run(
      TestClock.setTime(noon).pipe(
        Effect.andThen(Effect.forEach([maker, checker, third, administrator], stored)),
        Effect.andThen(body)
      ),
      services
    )
  )

export const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : "accepted"))

export const key = (text: string) => keyOf("test", text)

/** Two accounts, the first with 100 dollars. */
export const accounts = Effect.gen(function* () {
  const checking = { product: Product.ProductCode.make("checking"), currency: usd }
  const from = yield* openAccount(checking, key("from"), customer)
  const to = yield* openAccount(checking, key("to"), customer)
  yield* deposit({ account: from.id, amount: Money.make(10_000n, usd) }, key("fund"))
  return { from: from.id, to: to.id }
})

/** What is posted on an account, in cents. */
export const postedOn = (account: Effect.Success<typeof accounts>["from"]) =>
  Effect.map(getAccount({ account }), ({ balances }) => balances.posted.minor)

/** A command for `transactions.post` as JSON: so many dollars from one account to the other. */
export const moving = (dollars: string, { from, to }: Effect.Success<typeof accounts>) => {
  const amount = { amount: dollars, currency: "USD" }
  return {
    entries: [
      { accountId: from, side: "debit", amount },
      { accountId: to, side: "credit", amount }
    ]
  }
}

/** Two accounts, and an approval that moves so many dollars from one to the other. */
export const filed = Effect.fnUntraced(function* (dollars = "10.00") {
  const pair = yield* accounts
  const view = yield* fileApproval(
    { operation: "transactions.post", command: moving(dollars, pair) },
    key("filed"),
    maker
  )
  return { ...pair, approval: view.id, view }
})

/** Takes the decision, and leaves it as a crash before the work would. */
export const approvedAndCrashed = Effect.fnUntraced(function* (
  approval: Effect.Success<ReturnType<typeof filed>>["approval"]
) {
  const approvals = yield* ApprovalStore
  const pending = yield* approvals.find(approval)
  assert.ok(checker.user !== undefined)
  yield* approvals.move({ ...pending, status: "approved", checker: checker.user, decidedAt: noon }, "pending")
})
