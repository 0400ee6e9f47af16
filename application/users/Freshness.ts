import { Clock, Effect } from "effect"
import { Credentials, Permission } from "../../domain/identity/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Terms } from "../ports/Terms.ts"

/** The caller must have proved a second factor lately. Errors: StepUpRequired. */
export const expectFresh = Effect.fnUntraced(function* ({ assurance, authenticatedAt }: Caller) {
  const { stepUpMaxAgeSeconds: maxAgeSeconds } = yield* Terms
  const ageMillis = (yield* Clock.currentTimeMillis) - authenticatedAt
  if (assurance !== "mfa" || ageMillis > maxAgeSeconds * 1000)
    return yield* Effect.fail(new Permission.StepUpRequired({ maxAgeSeconds }))
})

/** Whoever has a second factor proves it before another one comes or one goes; the first one comes without. Errors: StepUpRequired. */
export const expectFreshWhere = (credentials: Credentials.Credentials, caller: Caller) =>
  Credentials.hasSecondFactor(credentials) ? expectFresh(caller) : Effect.void
