/** What the ledger's suites do all the time, in few words. Every test works on accounts of its own. */
import assert from "node:assert/strict"
import { Effect, Schema } from "effect"
import { IdempotencyConflict, IdempotencyKey } from "../../application/ports/Idempotency.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { AccountId, HoldId, TransactionId, TypedId } from "../../domain/ids/index.ts"
import { type Command, type Hold, type LedgerAccount, Receipt, Rejection } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"

export const usd = Currency.Code.make("USD")
export const eur = Currency.Code.make("EUR")

/** US dollars from cents. */
export const cents = (minor: number | bigint): Money.Money => Money.make(BigInt(minor), usd)

/** A UUIDv7 of this moment. */
export const randomUuid = (): Uint8Array =>
  TypedId.uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(TypedId.randomByteLength)))

export const newAccountId = (): AccountId => AccountId.make(TypedId.fromBytes("acc", randomUuid()))
export const newHoldId = (): HoldId => HoldId.make(TypedId.fromBytes("hold", randomUuid()))
export const newTransactionId = (): TransactionId => TransactionId.make(TypedId.fromBytes("txn", randomUuid()))
export const newKey = (): IdempotencyKey => IdempotencyKey.make(`contract:${TypedId.fromBytes("key", randomUuid())}`)

/** Submits a command, under a key of its own each time it runs unless one is given. */
export const submit = (command: Command.Command, key?: IdempotencyKey) =>
  Effect.flatMap(Ledger, (ledger) => ledger.submit({ key: key ?? newKey(), command }))

const encodeRefusal = Schema.encodeSync(Schema.Union([Rejection.Rejection, IdempotencyConflict]))

/** The error of a command that must be refused, as it goes over the wire; to be unavailable is no refusal. */
export const refused = (command: Command.Command, key?: IdempotencyKey) =>
  submit(command, key).pipe(
    Effect.catchTag(["LedgerUnavailable", "LedgerOverloaded"], Effect.die),
    Effect.flip,
    Effect.map(encodeRefusal)
  )

const encodeReceipt = Schema.encodeSync(Schema.fromJsonString(Receipt.Receipt))

/** A receipt as text: equal texts are equal receipts, to the last digit. */
export const receiptText = (receipt: Receipt.Receipt): string => encodeReceipt(receipt)

/** Submits a command that posts, and gives its transaction. */
export const posted = (command: Command.Command, key?: IdempotencyKey) =>
  Effect.map(submit(command, key), (receipt) => {
    assert.equal(receipt._tag, "TransactionPosted")
    return receipt.transaction
  })

/** Submits a command that changes a hold, and gives the hold. */
export const held = (command: Command.Command, key?: IdempotencyKey) =>
  Effect.map(submit(command, key), (receipt): Hold.Hold => {
    assert.equal(receipt._tag, "HoldChanged")
    return receipt.hold
  })

/** Submits a command that changes an account, and gives the account. */
export const changed = (command: Command.Command, key?: IdempotencyKey) =>
  Effect.map(submit(command, key), (receipt) => {
    assert.equal(receipt._tag, "AccountChanged")
    return receipt
  })

/** The account as the ledger has it now. */
export const accountOf = (id: AccountId) =>
  Effect.gen(function* () {
    const [account, ...rest] = yield* (yield* Ledger).accounts([id])
    assert.ok(account !== undefined, `${id} is in the ledger`)
    assert.deepEqual(rest, [])
    return account
  })

/** Opens an account in US dollars, a customer's unless said otherwise, and gives its id. */
export const opened = (terms: Partial<Omit<Command.OpenAccount, "_tag" | "accountId">> = {}) =>
  Effect.gen(function* () {
    const accountId = newAccountId()
    const { currency = usd, overdraftLimit = Money.zero(currency) } = terms
    const standard = { kind: "customer", normalSide: "credit", revision: 1 } as const
    yield* submit({ _tag: "OpenAccount", ...standard, ...terms, accountId, currency, overdraftLimit })
    return accountId
  })

/** Opens an account of the bank's own, where money comes from and goes to. */
export const bankAccount = (currency: Currency.Code = usd) =>
  opened({ kind: "internal", normalSide: "debit", currency })

/** The command that moves an amount: debits one account and credits another. */
export const transfer = (from: AccountId, to: AccountId, amount: Money.Money): Command.Post => ({
  _tag: "Post",
  kind: "transfer",
  legs: [
    { accountId: from, side: "debit", amount },
    { accountId: to, side: "credit", amount }
  ]
})

/** A bank's account and a customer's that holds `minor` cents from it. */
export const funded = (minor: number, terms: Parameters<typeof opened>[0] = {}) =>
  Effect.gen(function* () {
    const bank = yield* bankAccount()
    const account = yield* opened(terms)
    if (minor > 0) yield* submit(transfer(bank, account, cents(minor)))
    return { bank, account }
  })

/** The command that holds an amount on one account for another. */
export const hold = (
  debitAccountId: AccountId,
  creditAccountId: AccountId,
  amount: Money.Money,
  more: Partial<Command.Authorize> = {}
): Command.Authorize => ({ _tag: "Authorize", debitAccountId, creditAccountId, amount, ...more })

/** An account's debits and credits, posted and pending, in that order. */
export const totals = (account: LedgerAccount.LedgerAccount): ReadonlyArray<bigint> => [
  account.postedDebits,
  account.postedCredits,
  account.pendingDebits,
  account.pendingCredits
]
