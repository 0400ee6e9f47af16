import { Effect, Schema } from "effect"
import { UserId } from "../../domain/ids/index.ts"
import { UserStore } from "../ports/UserStore.ts"
import { listOf } from "./Identity.ts"

export const ListIdentities = Schema.Struct({ user: UserId })
export type ListIdentities = typeof ListIdentities.Type

/** The logins at other providers that a user has linked. Errors: UserNotFound, UserStoreUnavailable. */
export const listIdentities = Effect.fn("federation.listIdentities")(function* ({ user }: ListIdentities) {
  return yield* listOf(yield* (yield* UserStore).credentials(user))
})
