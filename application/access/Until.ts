import { Clock, Effect } from "effect"
import { type Caller, Unauthenticated } from "../ports/Caller.ts"

/** Fails when the token of a caller ends; never for one that does not end. */
export const tokenEnd = ({ until }: Caller): Effect.Effect<never, Unauthenticated> =>
  until === undefined
    ? Effect.never
    : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.andThen(Effect.sleep(Math.max(0, until - now)), Effect.fail(new Unauthenticated({ reason: "invalid" })))
      )
