import { Clock, Effect, Result } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Permission } from "../../domain/identity/index.ts"
import { Authenticator, type Caller, Unauthenticated } from "../ports/Caller.ts"
import { Terms } from "../ports/Terms.ts"
import { AccessFacts } from "./Facts.ts"
import type { Guard } from "./Guard.ts"
import type { Request } from "./Perform.ts"

/** How often it is asked whether a session is still open, in milliseconds; from memory. */
const askMillis = 1000

/**
 * Fails when a caller is let in no more: when its token ends, and within a second of when its session is known to be
 * revoked. Never for one that has neither.
 */
export const callerEnd = Effect.fnUntraced(function* (caller: Caller) {
  const { isOpen } = yield* Authenticator
  const { until = Number.POSITIVE_INFINITY, session } = caller
  const stepMillis = session === undefined ? Number.POSITIVE_INFINITY : askMillis
  if (Math.min(until, stepMillis) === Number.POSITIVE_INFINITY) return yield* Effect.never
  // Ends with the token, some minutes away.
  for (let now = yield* Clock.currentTimeMillis; now < until && isOpen(caller); now = yield* Clock.currentTimeMillis)
    yield* Effect.sleep(Math.min(stepMillis, until - now))
  return yield* Effect.fail(new Unauthenticated({ reason: "invalid" }))
})

/** How often it is asked whether what was permitted still is, in milliseconds: it may take a look into a store. */
const permissionMillis = 5000

/**
 * Fails with what is hidden within 5 seconds of when what a caller was permitted is not any more, such as by a delegation
 * that ended. What cannot be read just now takes nothing away. Leaves nothing on the audit log: that it was begun is there.
 */
export const permissionEnd = Effect.fnUntraced(function* <C>(guard: Guard<C>, command: C, { caller }: Request) {
  const terms = yield* Terms
  const facts = yield* AccessFacts
  const { operation } = guard
  const isPermitted = Effect.gen(function* () {
    const target = yield* guard.target(command, caller)
    const objects = yield* facts.of(operation, caller, target)
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    const asked = { operation, objects, needs: target.needs ?? "all", now, isApproved: false } as const
    return Result.isSuccess(Permission.permit(caller, asked, terms))
  }).pipe(Effect.catch(() => Effect.succeed(true)))
  // Ends with the token too, some minutes away.
  do yield* Effect.sleep(permissionMillis)
  while (yield* isPermitted)
  return yield* Effect.fail(guard.hidden(command, 0))
})
