import { Context, type Effect, Schema } from "effect"
import type { Kyc, User } from "../../domain/identity/index.ts"

/** A mail could not be handed over; it is sent again by asking again. */
export class MailUndeliverable extends Schema.TaggedError<MailUndeliverable>()("MailUndeliverable", {
  reason: Schema.String
}) {}

/** How a user's way to log in has changed. */
export type FactorChange =
  | "totp_added"
  | "totp_removed"
  | "passkey_added"
  | "passkey_removed"
  | "recovery_codes_made"
  | "recovery_code_used"
  | "login_linked"
  | "login_unlinked"

/** A mail to one user, by the template that words it. */
export type Mail =
  | { readonly template: "verify_email"; readonly code: string }
  | { readonly template: "already_registered" }
  | { readonly template: "change_email"; readonly code: string }
  | { readonly template: "email_changed" }
  | { readonly template: "reset_password"; readonly token: string }
  | { readonly template: "password_changed" }
  | { readonly template: "factor_changed"; readonly change: FactorChange }
  | { readonly template: "new_login"; readonly address?: string; readonly userAgent?: string }

/** Sends mail about a user's login. */
export class Mailer extends Context.Service<
  Mailer,
  { readonly send: (to: User.Email, mail: Mail) => Effect.Effect<void, MailUndeliverable> }
>()("bank/application/ports/Mailer") {}

/** The provider cannot be reached; the check is to be submitted again. */
export class VerificationUnavailable extends Schema.TaggedError<VerificationUnavailable>()("VerificationUnavailable", {
  reason: Schema.String
}) {}

/** Checks who a person is. `review`: a person of the bank has to decide. */
export class IdentityVerification extends Context.Service<
  IdentityVerification,
  {
    readonly check: (
      user: User.User,
      level: Kyc.KycLevel
    ) => Effect.Effect<
      { readonly outcome: "approved" | "rejected" | "review"; readonly reference: string },
      VerificationUnavailable
    >
  }
>()("bank/application/ports/IdentityVerification") {}

/** The other provider refused, cannot be reached, or answered what proves nothing. */
export class FederationFailed extends Schema.TaggedError<FederationFailed>()("FederationFailed", {
  provider: Schema.String,
  reason: Schema.String
}) {}

/** There is no identity provider of this name here. */
export class UnknownProvider extends Schema.TaggedError<UnknownProvider>()("UnknownProvider", {
  provider: Schema.String
}) {}

/** What another provider says of someone who has logged in there (OpenID Connect Core, 5.1). */
export interface FederatedUser {
  readonly issuer: string
  readonly subject: string
  readonly email?: string
  readonly emailVerified: boolean
  readonly name?: string
}

/** Other identity providers at which users log in: Google, Microsoft, any of OpenID Connect. */
export class IdentityProviders extends Context.Service<
  IdentityProviders,
  {
    /** Names and titles of those that the bank has set up. */
    readonly all: ReadonlyArray<{ readonly name: string; readonly title: string }>
    /** The address to send the browser to, and what has to be kept, in secret, until it comes back. */
    readonly begin: (
      provider: string
    ) => Effect.Effect<
      { readonly url: string; readonly state: string; readonly kept: string },
      UnknownProvider | FederationFailed
    >
    /** Who came back: `callback` is the whole address that the browser was sent to. */
    readonly complete: (
      provider: string,
      callback: string,
      kept: string
    ) => Effect.Effect<FederatedUser, UnknownProvider | FederationFailed>
  }
>()("bank/application/ports/IdentityProviders") {}
