import { Clock, Effect, Result } from "effect"
import { AccountStore } from "../ports/AccountStore.ts"
import { settleAccount } from "./SettleAccount.ts"

/** A request has this long to finish by itself before its account is taken for left behind. */
const graceMillis = 10_000

/** Accounts taken up in one call. */
const limit = 100

/**
 * Takes up what a crash left between the accounts and the ledger. Answers how many accounts it settled; one that the
 * ledger refuses or that fails never holds up the others and is tried again by the next call.
 */
export const resumeAccounts = Effect.fn("accounts.resume")(function* () {
  const store = yield* AccountStore
  const savedBefore = (yield* Clock.currentTimeMillis) - graceMillis
  const outcomes = yield* Effect.forEach(yield* store.unconfirmed({ savedBefore, limit }), (account) =>
    Effect.result(settleAccount(account)).pipe(
      Effect.tap((outcome) =>
        Result.isFailure(outcome)
          ? Effect.logWarning("account not settled", { accountId: account.id, error: outcome.failure._tag })
          : Effect.void
      )
    )
  )
  return outcomes.filter(Result.isSuccess).length
})
