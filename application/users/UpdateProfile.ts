import { Effect, Schema } from "effect"
import { User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { userView } from "./UserView.ts"

/** The version that the caller has read (If-Match). Without it the command applies to whatever version there is. */
export const versioned = { expectedVersion: Schema.optionalKey(Schema.Int) }

/** Replaces the profile as a whole. */
export const UpdateProfile = Schema.Struct({ user: UserId, ...versioned, profile: User.Profile })
export type UpdateProfile = typeof UpdateProfile.Type

/**
 * With another name or birth date the identification starts anew. Errors, first wins: UserNotFound, UserChanged,
 * UserStatusConflict, UserStoreUnavailable.
 */
export const updateProfile = Effect.fn("users.updateProfile")(function* (command: UpdateProfile) {
  const { user, expectedVersion, profile } = command
  const { after } = yield* changeUserOnly(user, expectedVersion, (found) =>
    Effect.as(expectStatus(found, "pending", "active"), User.withProfile(found, profile))
  )
  return userView(after)
})
