/** From an effect to the promise that Connect awaits. */
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import { Cause, type Context, Effect, Exit } from "effect"
import { internalError } from "./Problem.ts"

/**
 * Runs a request's effect until it ends or the request does: a deadline that passes and a client that goes away interrupt
 * it. Rejects with the effect's own error, with the request's end where that came first, and for a bug with `internal`
 * after logging it.
 */
export const run = async <A, R>(
  context: Context.Context<R>,
  effect: Effect.Effect<A, ConnectError, R>,
  request: HandlerContext,
  requestId: string
): Promise<A> => {
  const logged = Effect.tapCause(effect, (cause) =>
    Cause.hasDies(cause)
      ? Effect.logError("request failed", { requestId, method: request.method.name }, cause)
      : Effect.void
  )
  const exit = await Effect.runPromiseExitWith(context)(logged, { signal: request.signal })
  if (Exit.isSuccess(exit)) return exit.value
  if (Cause.hasDies(exit.cause)) throw internalError(requestId)
  if (Cause.hasInterruptsOnly(exit.cause)) {
    const reason: unknown = request.signal.reason
    throw reason instanceof ConnectError ? reason : new ConnectError("the request was given up", Code.Canceled)
  }
  throw Cause.squash(exit.cause)
}
