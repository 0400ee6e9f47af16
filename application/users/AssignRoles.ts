import { Effect, Schema } from "effect"
import { BranchId, Role, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { endSessions } from "./EndSessions.ts"
import { LastAdministrator, NotOnOneself, RolesNotAssignable } from "./Refusals.ts"
import { versioned } from "./UpdateProfile.ts"
import { userView } from "./UserView.ts"

/** Gives a user these roles and takes the others away; and moves it to another branch if one is given. */
export const AssignRoles = Schema.Struct({
  user: UserId,
  ...versioned,
  roles: Schema.Array(Role).check(Schema.isMaxLength(Role.literals.length), Schema.isUnique()),
  branch: Schema.optionalKey(BranchId)
})
export type AssignRoles = typeof AssignRoles.Type

const isAssignable = ({ customer }: User.User, roles: ReadonlyArray<Role>): boolean =>
  !roles.includes("service") && roles.includes("customer") === (customer !== undefined)

/**
 * Whoever takes an administrator's role away must be one itself in the store, and its own record gets a new version before
 * the other's does: of two who take each other's away at once, one comes too late, or both do. So one administrator always stays.
 */
const expectAdministratorLeft = Effect.fnUntraced(function* (caller: Caller) {
  const users = yield* UserStore
  const none = Effect.fail(new LastAdministrator({}))
  if (caller.user === undefined) return yield* none
  const actor = yield* users.find(caller.user).pipe(Effect.catchTag("UserNotFound", () => none))
  if (actor.status !== "active" || !actor.roles.includes("administrator")) return yield* none
  yield* users.save(User.next(actor, {})).pipe(
    Effect.catchTag("UserNotFound", () => none),
    Effect.catchTag("EmailTaken", Effect.die)
  )
})

/**
 * New roles count from the next token on; where one was taken away, or the branch is another, the user's sessions end.
 * Errors, first wins: NotOnOneself, UserNotFound, UserChanged, UserStatusConflict, RolesNotAssignable, LastAdministrator,
 * UserStoreUnavailable.
 */
export const assignRoles = Effect.fn("users.assignRoles")(function* (command: AssignRoles, caller: Caller) {
  const { user: id, expectedVersion, roles, branch } = command
  if (caller.user === id) return yield* Effect.fail(new NotOnOneself({}))
  const { before, after } = yield* changeUserOnly(id, expectedVersion, (user) =>
    Effect.gen(function* () {
      yield* expectStatus(user, "pending", "active")
      if (!isAssignable(user, roles)) return yield* Effect.fail(new RolesNotAssignable({}))
      if (user.roles.includes("administrator") && !roles.includes("administrator"))
        yield* expectAdministratorLeft(caller)
      return User.next(user, { roles, ...(branch === undefined ? {} : { branch }) })
    })
  )
  if (User.losesRole(before, after.roles) || before.branch !== after.branch) yield* endSessions(id, {})
  return userView(after)
})
