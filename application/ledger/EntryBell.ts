import { Effect, Latch, type Scope } from "effect"
import type { AccountId } from "../../domain/ids/index.ts"

/** Tells those who follow accounts, in this process, that entries were committed. */
export interface EntryBell {
  /** Whether anybody listens: a writer need not ring for nobody. */
  readonly isHeard: () => boolean
  /** Says that an account has new entries, which can be read by now. */
  readonly ring: (accountId: AccountId) => void
  /**
   * Listens until the scope closes. The effect it gives comes back once the account was rung for since it last did, at
   * the latest after `pollMillis`, for entries that another process committed.
   */
  readonly listen: (accountId: AccountId) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
}

/** The longest wait for entries that nobody rang for. */
const pollMillis = 1000

/** A bell without listeners. */
export const entryBell = (): EntryBell => {
  const listeners = new Map<AccountId, Set<Latch.Latch>>()

  const leave = (accountId: AccountId, latch: Latch.Latch): void => {
    const latches = listeners.get(accountId)
    latches?.delete(latch)
    if (latches?.size === 0) listeners.delete(accountId)
  }

  const join = (accountId: AccountId): Latch.Latch => {
    const latch = Latch.makeUnsafe(false)
    const latches = listeners.get(accountId)
    if (latches === undefined) listeners.set(accountId, new Set([latch]))
    else latches.add(latch)
    return latch
  }

  return {
    isHeard: () => listeners.size > 0,
    ring: (accountId) => {
      for (const latch of listeners.get(accountId) ?? []) latch.openUnsafe()
    },
    listen: (accountId) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => join(accountId)),
          (latch) => Effect.sync(() => leave(accountId, latch))
        ),
        // Closed before what follows reads again, so that what is committed while it reads rings once more.
        (latch) =>
          latch.await.pipe(
            Effect.timeoutOption(pollMillis),
            Effect.andThen(Effect.sync(() => void latch.closeUnsafe()))
          )
      )
  }
}
