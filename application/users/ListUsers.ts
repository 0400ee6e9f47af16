import { Effect, Schema } from "effect"
import { User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { Terms } from "../ports/Terms.ts"
import { UserStore } from "../ports/UserStore.ts"
import { UserView, userView } from "./UserView.ts"

/** The bank's users in the order of registration; `after` is the last one of the page before. */
export const ListUsers = Schema.Struct({
  status: Schema.optionalKey(User.UserStatus),
  kyc: Schema.optionalKey(User.Kyc.fields.status),
  after: Schema.optionalKey(UserId),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))
})
export type ListUsers = typeof ListUsers.Type

export const UserList = Schema.Struct({ items: Schema.Array(UserView), next: Schema.optionalKey(UserId) })
export type UserList = typeof UserList.Type

/** A page; `next` is there where more may follow. Errors: UserStoreUnavailable. */
export const listUsers = Effect.fn("users.list")(function* (query: ListUsers) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const items = (yield* users.list({ ...query, tenant })).map(userView)
  const last = items.at(-1)
  return { items, ...(last === undefined || items.length < query.limit ? {} : { next: last.id }) } satisfies UserList
})
