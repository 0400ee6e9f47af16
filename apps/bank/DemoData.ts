import { Effect } from "effect"
import { type AccountView, openAccount } from "../../application/accounts/index.ts"
import { deposit, transfer } from "../../application/ledger/index.ts"
import { type IdempotencyKey, keyOf } from "../../application/ports/Idempotency.ts"
import { Account, Product } from "../../domain/accounts/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { developer } from "./DevelopmentToken.ts"
import { bob } from "./People.ts"

const usd = Currency.Code.make("USD")
const demoKey = (step: string): IdempotencyKey => keyOf("demo", step)

/** The accounts that every demo bank has. */
export interface Demo {
  readonly alice: AccountView
  readonly bob: AccountView
  readonly savings: AccountView
}

const open = (step: string, name: string, product: "checking" | "savings", owner = developer) =>
  openAccount(
    { product: Product.ProductCode.make(product), currency: usd, name: Account.AccountName.make(name) },
    demoKey(step),
    owner
  )

/** Opens three accounts and moves some money. Each step has a fixed key, so a second start finds what the first made. */
export const demoData = Effect.fn("bank.demoData")(function* () {
  const alice = yield* open("alice", "Alice", "checking")
  const bobs = yield* open("bobs-own", "Bob", "checking", bob)
  const savings = yield* open("savings", "Alice's savings", "savings")
  yield* deposit({ account: alice.id, amount: Money.make(250_000n, usd), description: "Salary" }, demoKey("salary"))
  yield* transfer(
    { from: alice.id, to: bobs.id, amount: Money.make(4_250n, usd), description: "Dinner" },
    demoKey("dinner-with-bob")
  )
  yield* transfer(
    { from: alice.id, to: savings.id, amount: Money.make(50_000n, usd), description: "Rainy days" },
    demoKey("rainy-days")
  )
  return { alice, bob: bobs, savings } satisfies Demo
})
