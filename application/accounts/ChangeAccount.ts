import { Clock, Effect, type Result } from "effect"
import type { Account } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { accountView } from "./AccountView.ts"
import { settleAccount } from "./SettleAccount.ts"

/** How often a command without an expected version is decided anew after another request came between. */
const attemptsMax = 5

/**
 * Decides a command on a stored account, saves the next version and settles it in the ledger. Where the caller named no
 * version, a change that came between is taken in and the command decided again.
 */
export const changeAccount = Effect.fnUntraced(function* <E>(
  id: AccountId,
  expectedVersion: number | undefined,
  decide: (account: Account.Account, now: Instant.Instant) => Result.Result<{ readonly account: Account.Account }, E>
) {
  const store = yield* AccountStore
  const saved = Effect.gen(function* () {
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    const { account } = yield* Effect.fromResult(decide(yield* store.find(id), now))
    yield* store.save(account)
    return account
  })
  const account = yield* Effect.retry(saved, {
    times: expectedVersion === undefined ? attemptsMax - 1 : 0,
    while: (error) => typeof error === "object" && error !== null && "_tag" in error && error._tag === "VersionConflict"
  })
  return yield* accountView(yield* settleAccount(account))
})
