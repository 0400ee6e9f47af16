/** From an effect to the promise that the provider awaits. */
import { Cause, type Context, Effect, Exit } from "effect"
import { errors } from "oidc-provider"
import type { KeysUnavailable } from "../../application/ports/Crypto.ts"
import type { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"

/** What every store may answer. */
export type Away = UserStoreUnavailable | KeysUnavailable

export type Run<R> = <A>(effect: Effect.Effect<A, Away, R>) => Promise<A>

/** Told as `server_error` with the status 503: nothing was decided, and the same request may be sent again. */
export const unavailable = (): errors.OIDCProviderError => new errors.OIDCProviderError(503, "temporarily_unavailable")

/** Whether a store was away. */
export const isAway = (error: unknown): error is errors.OIDCProviderError =>
  error instanceof errors.OIDCProviderError && error.status === 503

/** Runs effects of stores in a context; one that is away is logged and becomes `unavailable`, a defect is thrown as it is. */
export const runnerOf = <R>(context: Context.Context<R>): Run<R> => {
  const run = Effect.runPromiseExitWith(context)
  return async (effect) => {
    const logged = Effect.tapError(effect, ({ _tag, reason }) =>
      Effect.logWarning("the OpenID provider's store is away", { error: _tag, reason })
    )
    const exit = await run(logged)
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.findErrorOption(exit.cause)._tag === "Some" ? unavailable() : Cause.squash(exit.cause)
  }
}
