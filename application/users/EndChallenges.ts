import { Effect } from "effect"
import type { UserId } from "../../domain/ids/index.ts"
import { type ChallengeKind, ChallengeStore } from "../ports/UserStore.ts"

/** What was begun with a password or an address, and would change one of them or log in once it is answered. */
const undoing: ReadonlyArray<ChallengeKind> = [
  "change_email",
  "passkey_login",
  "passkey_registration",
  "reset_password",
  "second_factor"
]

/** What goes with the user: also the devices that it has logged in on. */
const all: ReadonlyArray<ChallengeKind> = [...undoing, "known_device"]

/**
 * Ends what a user, or someone in its name, had begun before its password or its address changed, so that nothing of it
 * undoes the change. Errors: UserStoreUnavailable.
 */
export const endBegun = (user: UserId) => Effect.flatMap(ChallengeStore, ({ end }) => end(user, undoing))

/** Ends every challenge of a user. Errors: UserStoreUnavailable. */
export const endChallenges = (user: UserId) => Effect.flatMap(ChallengeStore, ({ end }) => end(user, all))
