/** Why use cases of users are refused, beyond what their ports and the policy say. */
import { Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Kyc, User } from "../../domain/identity/index.ts"

/** The password that was to confirm the request is wrong, or the user has none. */
export class WrongPassword extends Schema.TaggedError<WrongPassword>()("WrongPassword", {}) {}

/** The code or token is wrong, was used, has expired, or was tried too often. Which is not told. */
export class InvalidCode extends Schema.TaggedError<InvalidCode>()("InvalidCode", {}) {}

/** The user is in a status that does not allow this. */
export class UserStatusConflict extends Schema.TaggedError<UserStatusConflict>()("UserStatusConflict", {
  userId: Schema.String,
  status: User.UserStatus
}) {}

/** The customer still has accounts that are not closed. */
export class AccountsOutstanding extends Schema.TaggedError<AccountsOutstanding>()("AccountsOutstanding", {
  /** At most 10 of their ids. */
  accounts: Schema.Array(Schema.String)
}) {}

/** The law has the bank keep the user's data until then. */
export class RetentionNotOver extends Schema.TaggedError<RetentionNotOver>()("RetentionNotOver", {
  userId: Schema.String,
  until: Instant.Instant
}) {}

/** Nobody decides this about itself: its own roles, its own identification. */
export class NotOnOneself extends Schema.TaggedError<NotOnOneself>()("NotOnOneself", {}) {}

/** Only another administrator takes an administrator's role away, so that the bank always has one. */
export class LastAdministrator extends Schema.TaggedError<LastAdministrator>()("LastAdministrator", {}) {}

/** These roles cannot be given to a user: `customer` goes with being one, `service` is of programs. */
export class RolesNotAssignable extends Schema.TaggedError<RolesNotAssignable>()("RolesNotAssignable", {}) {}

/** A check needs what the profile does not say yet. */
export class ProfileIncomplete extends Schema.TaggedError<ProfileIncomplete>()("ProfileIncomplete", {
  missing: Schema.Array(Schema.Literals(["fullName", "birthDate", "address"]))
}) {}

/** The identification is in a state that does not allow this: passed already, or decided on already. */
export class KycConflict extends Schema.TaggedError<KycConflict>()("KycConflict", {
  level: Kyc.KycLevel,
  status: User.Kyc.fields.status
}) {}

/** The user has no such factor. */
export class FactorNotFound extends Schema.TaggedError<FactorNotFound>()("FactorNotFound", {
  factor: Schema.String
}) {}

/** The user has this factor already, or as many as it may. */
export class FactorExists extends Schema.TaggedError<FactorExists>()("FactorExists", { factor: Schema.String }) {}
