import { Clock, Effect, Result } from "effect"
import { Account } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { openInternal, type Rejection } from "../../domain/ledger/index.ts"
import { AccountStore, type AccountStoreUnavailable } from "../ports/AccountStore.ts"
import { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger, type SubmitError } from "../ports/Ledger.ts"

export type SettleError = SubmitError | AccountStoreUnavailable | Account.Refusal | Rejection.AccountNotFound

const stepKey = (account: Account.Account, step: string): IdempotencyKey =>
  IdempotencyKey.make(`accounts:${account.id}:${account.version}:${step}`)

const openInLedger = Effect.fnUntraced(function* (account: Account.Account) {
  const ledger = yield* Ledger
  for (const role of ["cash", "settlement"] as const) {
    const command = openInternal(role, account.currency)
    const key = IdempotencyKey.make(`accounts:internal:${role}:${account.currency}`)
    yield* ledger.submit({ key, command }).pipe(Effect.catchTag("AccountAlreadyExists", () => Effect.void))
  }
  yield* ledger.submit({
    key: stepKey(account, "open"),
    command: {
      _tag: "OpenAccount",
      accountId: account.id,
      kind: "customer",
      currency: account.currency,
      normalSide: "credit",
      overdraftLimit: account.overdraftLimit,
      revision: account.version
    }
  })
})

const configureInLedger = Effect.fnUntraced(function* (account: Account.Account) {
  const ledger = yield* Ledger
  yield* ledger.submit({
    key: stepKey(account, "configure"),
    command: {
      _tag: "ConfigureAccount",
      accountId: account.id,
      overdraftLimit: account.overdraftLimit,
      restriction: Account.restriction(account),
      revision: account.version
    }
  })
})

const saved = Effect.fnUntraced(function* (
  decided: Result.Result<{ readonly account: Account.Account }, Account.Refusal>
) {
  const store = yield* AccountStore
  const { account } = yield* Effect.fromResult(decided)
  yield* store.save(account)
  return account
})

const closeInLedger = Effect.fnUntraced(function* (
  account: Account.Account & { readonly status: "closing" },
  now: Instant.Instant
) {
  const ledger = yield* Ledger
  const { id: accountId, sweepTo, version: revision } = account
  const outcome = yield* Effect.result(
    ledger.submit({
      key: stepKey(account, "close"),
      command: { _tag: "CloseAccount", accountId, revision, ...(sweepTo === undefined ? {} : { sweepTo }) }
    })
  )
  if (Result.isSuccess(outcome)) return yield* saved(Account.completeClosing(account, {}, now))
  const { failure } = outcome
  if (failure._tag === "LedgerUnavailable" || failure._tag === "LedgerOverloaded") return yield* Effect.fail(failure)
  const active = yield* saved(Account.abandonClosing(account, {}, now))
  yield* settleAccount(active)
  return yield* Effect.fail(failure)
})

/**
 * Brings the ledger to what the account's saved version says and records that it is: the second half of every account
 * command, and all of it again after a crash. Each step has a key of its own, so doing it twice is doing it once.
 * Answers the account as it then stands. Errors: the ledger's, and VersionConflict where another request came between.
 */
export const settleAccount: (
  account: Account.Account
) => Effect.Effect<Account.Account, SettleError, AccountStore | Ledger> = Effect.fn("accounts.settle")(function* (
  account: Account.Account
) {
  const store = yield* AccountStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  switch (account.status) {
    case "submitted":
    case "closed":
    case "escheated":
      yield* store.confirm(account.id, account.version)
      return account
    case "approved": {
      yield* openInLedger(account)
      const active = yield* saved(Account.activate(account, {}, now))
      yield* store.confirm(active.id, active.version)
      return active
    }
    case "closing": {
      const closed = yield* closeInLedger(account, now)
      yield* store.confirm(closed.id, closed.version)
      return closed
    }
    default:
      yield* configureInLedger(account)
      yield* store.confirm(account.id, account.version)
      return account
  }
})
