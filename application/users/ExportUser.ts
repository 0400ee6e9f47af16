import { Clock, Effect, Schema } from "effect"
import { Account } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Delegation, Session, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import { FactorsView, factorsView } from "./ListFactors.ts"
import { ownedAccounts } from "./OwnedAccounts.ts"

export const ExportUser = Schema.Struct({ user: UserId })
export type ExportUser = typeof ExportUser.Type

/**
 * Everything about a person in one document that programs read (GDPR, articles 15 and 20), without what would prove who it
 * is. The transactions of the accounts are in their statements.
 */
export const UserExport = Schema.Struct({
  exportedAt: Instant.Instant,
  user: User.User,
  factors: FactorsView,
  /** Those that are open, at most 100. */
  sessions: Schema.Array(Session.Session),
  accounts: Schema.Array(Account.Account),
  /** Given and got, at most 1000. */
  delegations: Schema.Array(Delegation.Delegation)
})
export type UserExport = typeof UserExport.Type

/** Errors, first wins: UserNotFound, UserStoreUnavailable, AccountStoreUnavailable. */
export const exportUser = Effect.fn("users.export")(function* ({ user: id }: ExportUser) {
  const users = yield* UserStore
  const sessions = yield* SessionStore
  const delegations = yield* DelegationStore
  const exportedAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const user = yield* users.find(id)
  const { customer } = user
  return {
    exportedAt,
    user,
    factors: factorsView(yield* users.credentials(id)),
    sessions: yield* sessions.of(id, exportedAt),
    accounts: yield* ownedAccounts(customer),
    delegations: customer === undefined ? [] : yield* delegations.of(customer)
  } satisfies UserExport
})
