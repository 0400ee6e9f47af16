import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { IdentityVerification } from "../ports/Outside.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { KycConflict, ProfileIncomplete } from "./Refusals.ts"
import { userView } from "./UserView.ts"

/** Asks for a check of who the user is, up to a level. */
export const SubmitKyc = Schema.Struct({ user: UserId, level: Schema.Literals(["basic", "full"]) })
export type SubmitKyc = typeof SubmitKyc.Type

const rank = { none: 0, basic: 1, full: 2 } as const

const expectCheckable = Effect.fnUntraced(function* (user: User.User, level: SubmitKyc["level"]) {
  yield* expectStatus(user, "active")
  const { kyc } = user
  if (kyc.status === "pending" || rank[kyc.level] >= rank[level])
    return yield* Effect.fail(new KycConflict({ level: kyc.level, status: kyc.status }))
  const missing = User.missingForKyc(user.profile)
  if (missing.length > 0) return yield* Effect.fail(new ProfileIncomplete({ missing }))
})

/**
 * What was checked is the profile as it was when the check began: where it changed meanwhile, nothing is decided. A level
 * that was passed before stays where the next one is refused. Errors, first wins: UserNotFound, UserStatusConflict,
 * KycConflict, ProfileIncomplete, VerificationUnavailable, UserChanged, UserStoreUnavailable.
 */
export const submitKyc = Effect.fn("users.submitKyc")(function* ({ user: id, level }: SubmitKyc) {
  const users = yield* UserStore
  const verification = yield* IdentityVerification
  const user = yield* users.find(id)
  yield* expectCheckable(user, level)
  const { outcome, reference } = yield* verification.check(user, level)
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const asked = { level: user.kyc.level, requested: level, reference }
  const kyc: User.Kyc =
    outcome === "review"
      ? { ...asked, status: "pending" }
      : outcome === "approved"
        ? { ...asked, level, status: "approved", decidedAt: now }
        : { ...asked, status: "rejected", decidedAt: now }
  const { after } = yield* changeUserOnly(id, user.version, (found) => Effect.succeed(User.next(found, { kyc })))
  return userView(after)
})
