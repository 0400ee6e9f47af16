import { Effect, Schema } from "effect"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { UserNotFound, UserStore } from "../ports/UserStore.ts"
import { userView } from "./UserView.ts"

export const GetUser = Schema.Struct({ user: UserId })
export type GetUser = typeof GetUser.Type

/** Errors, first wins: UserNotFound, UserStoreUnavailable. */
export const getUser = Effect.fn("users.get")(function* ({ user }: GetUser) {
  const users = yield* UserStore
  return userView(yield* users.find(user))
})

/** The user who asks; a program is none. Errors, first wins: UserNotFound, UserStoreUnavailable. */
export const getSelf = Effect.fn("users.getSelf")(function* ({ user, id }: Caller) {
  if (user === undefined) return yield* Effect.fail(new UserNotFound({ userId: id }))
  return yield* getUser({ user })
})
