import { Instant } from "../../domain/calendar/index.ts"
import { Password } from "../../domain/identity/index.ts"
import type { UserError } from "../users/index.ts"
import type { Entry } from "./Entry.ts"

type Entries = { readonly [Tag in UserError["_tag"]]: Entry<Extract<UserError, { readonly _tag: Tag }>> }

const unavailable = (detail: string) =>
  ({ code: "unavailable", kind: "unavailable", title: "Temporarily unavailable", detail: () => detail }) as const

const passwordRefusals = {
  too_short: `A password has at least ${Password.lengthMin} characters.`,
  too_long: `A password has at most ${Password.lengthMax} characters.`,
  contains_email: "The password contains your email address.",
  contains_name: "The password contains your name.",
  breached: "The password is in lists of passwords that were stolen elsewhere."
} as const

/** The catalogue's entries for the errors of users and logins, in alphabetical order of the tags. */
export const userErrors: Entries = {
  AccountsOutstanding: {
    code: "accounts_outstanding",
    kind: "conflict",
    title: "Accounts outstanding",
    detail: (e) => `Close these accounts first: ${e.accounts.join(", ")}.`
  },
  EmailTaken: {
    code: "email_taken",
    kind: "already_exists",
    title: "Email address taken",
    detail: () => "Another login has this email address.",
    field: "email"
  },
  FactorExists: {
    code: "factor_exists",
    kind: "conflict",
    title: "Factor set up already",
    detail: (e) => `There is a factor ${e.factor} already, or as many as there may be; remove one first.`
  },
  FactorNotFound: {
    code: "factor_not_found",
    kind: "not_found",
    title: "Factor not found",
    detail: (e) => `There is no factor ${e.factor}.`
  },
  HashingOverloaded: {
    code: "overloaded",
    kind: "exhausted",
    title: "Too many requests waiting",
    detail: () => "There are as many logins waiting as are taken. Try again after a moment."
  },
  IdentityTaken: {
    code: "identity_taken",
    kind: "already_exists",
    title: "Login linked already",
    detail: () => "That login at the other provider opens another user's here."
  },
  InvalidCode: {
    code: "invalid_code",
    kind: "unprocessable",
    title: "Code not valid",
    detail: () => "The code is wrong, was used or has expired. Ask for a new one.",
    field: "code"
  },
  InvalidLogin: {
    code: "invalid_login",
    kind: "unauthenticated",
    title: "Login not accepted",
    detail: () => "The email address and the password do not open a login."
  },
  InvalidSecondFactor: {
    code: "invalid_second_factor",
    kind: "unauthenticated",
    title: "Second factor not accepted",
    detail: () => "The second factor is wrong, was used before, or came too late."
  },
  KeysUnavailable: unavailable("The keys cannot be reached. Send the same request again."),
  KycConflict: {
    code: "kyc_conflict",
    kind: "conflict",
    title: "Not possible in this state of the identification",
    detail: (e) => `The identification is ${e.status}, at level ${e.level}.`
  },
  LastAdministrator: {
    code: "last_administrator",
    kind: "conflict",
    title: "Last administrator",
    detail: () => "Another administrator has to take the role of administrator away first, so that one always stays."
  },
  LastLogin: {
    code: "last_login",
    kind: "conflict",
    title: "Last way to log in",
    detail: () => "Without it you could not log in any more. Set a password or a passkey first."
  },
  LoginThrottled: {
    code: "login_throttled",
    kind: "exhausted",
    title: "Too many failed attempts",
    detail: (e) => `Too many attempts failed. Try again in ${e.retryAfterSeconds} seconds.`
  },
  MailUndeliverable: unavailable("The mail could not be sent. Send the same request again."),
  NotOnOneself: {
    code: "not_on_oneself",
    kind: "forbidden",
    title: "Not on oneself",
    detail: () => "Someone else has to decide this about you."
  },
  PasskeyRefused: {
    code: "passkey_refused",
    kind: "unprocessable",
    title: "Passkey refused",
    detail: () => "What the authenticator answered proves nothing here. Begin again.",
    field: "answer"
  },
  PasswordRefused: {
    code: "password_refused",
    kind: "unprocessable",
    title: "Password not accepted",
    detail: (e) => passwordRefusals[e.reason],
    field: "password"
  },
  ProfileIncomplete: {
    code: "profile_incomplete",
    kind: "unprocessable",
    title: "Profile incomplete",
    detail: (e) => `The identification needs ${e.missing.join(", ")} in the profile.`,
    field: "profile"
  },
  RetentionNotOver: {
    code: "retention_not_over",
    kind: "conflict",
    title: "Data to be kept",
    detail: (e) => `The law has the bank keep the data of user ${e.userId} until ${Instant.toText(e.until)}.`
  },
  RolesNotAssignable: {
    code: "roles_not_assignable",
    kind: "unprocessable",
    title: "Roles not assignable",
    detail: () => "The role customer goes with being one, and the role service is of programs.",
    field: "roles"
  },
  SessionNotFound: {
    code: "session_not_found",
    kind: "not_found",
    title: "Session not found",
    detail: (e) => `There is no session ${e.sessionId}.`
  },
  UserChanged: {
    code: "version_conflict",
    kind: "stale",
    title: "Changed by someone else",
    detail: (e) => `User ${e.userId} is at version ${e.actual}, not ${e.expected}. Read it again.`
  },
  UserNotFound: {
    code: "user_not_found",
    kind: "not_found",
    title: "User not found",
    detail: (e) => `There is no user ${e.userId}.`
  },
  UserStatusConflict: {
    code: "user_status_conflict",
    kind: "conflict",
    title: "Not possible in this status",
    detail: (e) => `User ${e.userId} is ${e.status}.`
  },
  UserStoreUnavailable: unavailable("The users cannot be reached. Send the same request again."),
  VerificationUnavailable: unavailable("The identification cannot be checked just now. Send the same request again."),
  WrongPassword: {
    code: "wrong_password",
    kind: "unprocessable",
    title: "Password wrong",
    detail: () => "The password that confirms the request is wrong.",
    field: "password"
  }
}
