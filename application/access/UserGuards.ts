/** The guards before the use cases of users: who they are, their logins, and what they prove themselves by. */
import { Effect, Schema } from "effect"
import type { Policy, User } from "../../domain/identity/index.ts"
import type { SessionId, UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { SessionNotFound, UserNotFound, UserStore } from "../ports/UserStore.ts"
import { type CreateSession, type RequestPasswordReset, UserView, userView } from "../users/index.ts"
import { ownerHidden } from "./AccountGuards.ts"
import type { Guard, Target } from "./Guard.ts"

/** A command about one user. */
interface AboutUser {
  readonly user: UserId
}

const userHidden = ({ user }: AboutUser) => new UserNotFound({ userId: user })

/** The guard of an operation whose answer is much, or holds a secret, or is for the caller alone. */
const aboutUser = (operation: Policy.Operation): Guard<AboutUser> => ({
  operation,
  target: ({ user }) => Effect.succeed({ users: [user] }),
  hidden: userHidden,
  recordsAnswer: false
})

const encodeUser = Schema.encodeSync(UserView)

const stored = Effect.fnUntraced(function* ({ user }: AboutUser) {
  const users = yield* UserStore
  return encodeUser(userView(yield* users.find(user)))
})

/** The guard of an operation that answers the user as it is then. */
const changesUser = (operation: Policy.Operation): Guard<AboutUser> => ({
  ...aboutUser(operation),
  before: stored,
  recordsAnswer: true
})

export const readUser = aboutUser("users.read")
export const updateProfile = changesUser("users.update")
export const changeEmail = aboutUser("users.changeEmail")
export const confirmEmail = changesUser("users.changeEmail")
export const changePassword = aboutUser("users.changePassword")
export const closeUser = changesUser("users.close")
export const exportUser = aboutUser("users.export")
export const eraseUser = { ...aboutUser("users.erase"), recordsAnswer: true }
export const assignRoles = changesUser("users.assignRoles")
export const submitKyc = changesUser("kyc.submit")
export const reviewKyc = changesUser("kyc.review")

/** The list of all users is nobody's in particular. */
export const listUsers: Guard<unknown> = {
  operation: "users.list",
  target: () => Effect.succeed({}),
  hidden: ownerHidden,
  recordsAnswer: false
}

export const listSessions = aboutUser("sessions.list")
export const revokeOtherSessions: Guard<AboutUser> = { ...aboutUser("sessions.revoke"), recordsAnswer: true }

/** A command about a session of a user. */
interface AboutSession extends AboutUser {
  readonly session: SessionId
}

export const revokeSession: Guard<AboutSession> = {
  ...aboutUser("sessions.revoke"),
  target: ({ user, session }) => Effect.succeed({ users: [user], ids: [user, session] })
}

/** Only the session that asks is raised: what is proved on one device says nothing of who has another one. */
export const raiseSession: Guard<AboutSession> = {
  ...aboutUser("factors.prove"),
  target: ({ user, session }, caller) =>
    session === caller.session
      ? Effect.succeed({ users: [user], ids: [user, session] })
      : Effect.fail(new SessionNotFound({ sessionId: session })),
  hidden: ({ session }) => new SessionNotFound({ sessionId: session })
}

export const proveFactor = aboutUser("factors.prove")
export const readFactors = aboutUser("factors.read")
export const changeFactors = aboutUser("factors.change")
export const readIdentities = aboutUser("identities.read")
export const changeIdentities: Guard<AboutUser> = { ...aboutUser("identities.change"), recordsAnswer: true }
export const beginIdentity = aboutUser("identities.change")

/** What anyone may ask for, without a token; what it answers is for whoever asks alone. */
const opened = (operation: Policy.Operation): Guard<unknown> => ({
  operation,
  target: () => Effect.succeed({}),
  hidden: ownerHidden,
  recordsAnswer: false
})

export const registerUser = opened("users.register")
export const verifyEmail = { ...opened("users.verifyEmail"), recordsAnswer: true }
export const resetPassword = opened("passwords.reset")
export const beginLogin = opened("sessions.create")
export const finishFederatedLogin = opened("sessions.create")
export const listProviders = opened("identityProviders.list")

/** The user of an address, so that the audit log says whose login was tried; that the caller is not told. */
const userOf = Effect.fnUntraced(function* (email: User.Email, { tenant }: Caller) {
  const user = yield* (yield* UserStore).findByEmail(tenant, email)
  return (user === undefined ? {} : { users: [user.id] }) satisfies Target
})

export const requestPasswordReset: Guard<RequestPasswordReset> = {
  ...opened("passwords.requestReset"),
  target: ({ email }, caller) => userOf(email, caller)
}

export const createSession: Guard<CreateSession> = {
  ...opened("sessions.create"),
  target: (command, caller) => ("email" in command ? userOf(command.email, caller) : Effect.succeed({}))
}
