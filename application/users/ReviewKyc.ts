import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { KycConflict, NotOnOneself } from "./Refusals.ts"
import { versioned } from "./UpdateProfile.ts"
import { userView } from "./UserView.ts"

/** Decides on a check that the provider has left to a person of the bank. */
export const ReviewKyc = Schema.Struct({
  user: UserId,
  ...versioned,
  outcome: Schema.Literals(["approved", "rejected"])
})
export type ReviewKyc = typeof ReviewKyc.Type

/** Errors, first wins: NotOnOneself, UserNotFound, UserChanged, UserStatusConflict, KycConflict, UserStoreUnavailable. */
export const reviewKyc = Effect.fn("users.reviewKyc")(function* (command: ReviewKyc, caller: Caller) {
  const { user: id, expectedVersion, outcome } = command
  if (caller.user === id) return yield* Effect.fail(new NotOnOneself({}))
  const decidedAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const { after } = yield* changeUserOnly(id, expectedVersion, (user) =>
    Effect.gen(function* () {
      yield* expectStatus(user, "active")
      const { kyc } = user
      const { level, status, requested = level } = kyc
      if (status !== "pending") return yield* Effect.fail(new KycConflict({ level, status }))
      const decided = { ...kyc, decidedAt, ...(caller.user === undefined ? {} : { decidedBy: caller.user }) }
      return User.next(user, {
        kyc: { ...decided, level: outcome === "approved" ? requested : level, status: outcome }
      })
    })
  )
  return userView(after)
})
