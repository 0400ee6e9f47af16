import { Schema } from "effect"
import { Credentials, Password } from "../../domain/identity/index.ts"
import { HashingOverloaded, KeysUnavailable } from "../ports/Crypto.ts"
import { UserStoreUnavailable } from "../ports/DelegationStore.ts"
import { MailUndeliverable, VerificationUnavailable } from "../ports/Outside.ts"
import { PasskeyRefused } from "../ports/SecondFactors.ts"
import { EmailTaken, IdentityTaken, SessionNotFound, UserChanged, UserNotFound } from "../ports/UserStore.ts"
import { InvalidSecondFactor } from "./FactorProof.ts"
import { InvalidLogin } from "./LogIn.ts"
import * as Refusals from "./Refusals.ts"
import { LoginThrottled } from "./Throttling.ts"

/** Every error of the use cases of users and of the ports that they stand on, but for those of accounts and of the policy. */
export const UserError = Schema.Union([
  EmailTaken,
  Credentials.LastLogin,
  HashingOverloaded,
  IdentityTaken,
  InvalidLogin,
  InvalidSecondFactor,
  KeysUnavailable,
  LoginThrottled,
  MailUndeliverable,
  PasskeyRefused,
  Password.PasswordRefused,
  SessionNotFound,
  UserChanged,
  UserNotFound,
  UserStoreUnavailable,
  VerificationUnavailable,
  Refusals.AccountsOutstanding,
  Refusals.FactorExists,
  Refusals.FactorNotFound,
  Refusals.InvalidCode,
  Refusals.KycConflict,
  Refusals.LastAdministrator,
  Refusals.NotOnOneself,
  Refusals.ProfileIncomplete,
  Refusals.RetentionNotOver,
  Refusals.RolesNotAssignable,
  Refusals.UserStatusConflict,
  Refusals.WrongPassword
])
export type UserError = typeof UserError.Type
