import { Clock, Effect, Result, Schema } from "effect"
import { Account, AccountNumber, Iban, Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { AccountId, CustomerId, TypedId } from "../../domain/ids/index.ts"
import { Currency } from "../../domain/money/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Bank } from "../ports/Bank.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ids } from "../ports/Ids.ts"
import { openedView } from "./AccountView.ts"
import { settleAccount } from "./SettleAccount.ts"

/** Opens an account of a product; `owner` is the caller unless it opens for someone else. */
export const OpenAccount = Schema.Struct({
  product: Product.ProductCode,
  currency: Currency.Code,
  owner: Schema.optionalKey(CustomerId),
  name: Schema.optionalKey(Account.AccountName),
  overdraftLimit: Schema.optionalKey(Account.OverdraftLimit)
})
export type OpenAccount = typeof OpenAccount.Type

/** The caller is no customer, so that it has to be said whose the account is. */
export class OwnerRequired extends Schema.TaggedError<OwnerRequired>()("OwnerRequired", {}) {}

const fingerprintOf = Schema.encodeSync(Schema.fromJsonString(OpenAccount))

const decided = (
  command: OpenAccount,
  owner: CustomerId,
  id: AccountId,
  sequence: bigint,
  bank: Bank["Service"],
  now: Instant.Instant
) =>
  Result.gen(function* () {
    const number = yield* AccountNumber.fromSequence(sequence)
    const { identity } = bank
    const iban = identity === undefined ? {} : { iban: yield* Iban.fromNumber(identity, number) }
    const opened = yield* Account.open({ ...command, ...iban, id, owner, number }, now, bank.products)
    const { account } = yield* Account.approve(opened.account, {}, now)
    const answer = yield* Account.activate(account, {}, now)
    return { account, answer: answer.account }
  })

/**
 * Opens the account here and in the ledger; the answer shows it active and is the same for every retry of the key.
 * Errors, first wins: OwnerRequired, UnknownProduct, CurrencyNotOffered, CurrencyMismatch, OverdraftLimitOutOfRange,
 * OverdraftNotAllowed, IdempotencyConflict, then those of the store and the ledger.
 */
export const openAccount = Effect.fn("accounts.open")(function* (
  command: OpenAccount,
  key: IdempotencyKey,
  caller: CustomerId | undefined
) {
  const owner = command.owner ?? caller
  if (owner === undefined) return yield* Effect.fail(new OwnerRequired({}))
  const store = yield* AccountStore
  const ids = yield* Ids
  const bank = yield* Bank
  const millis = yield* Clock.currentTimeMillis
  const id = AccountId.make(TypedId.fromBytes("acc", ids.next(millis)))
  const { account, answer } = yield* Effect.fromResult(
    decided(command, owner, id, yield* store.nextNumber, bank, Instant.fromMillis(millis))
  ).pipe(Effect.catchTag(["InvalidIban", "UnsupportedCountry", "SequenceOutOfRange"], Effect.die))
  const opening = yield* store.insert({ key, fingerprint: fingerprintOf(command), account, answer })
  const stored = yield* store.find(opening.account.id)
  if (stored.status === "approved")
    yield* settleAccount(stored).pipe(Effect.catchTag("VersionConflict", () => Effect.void))
  return openedView(opening.answer)
})
