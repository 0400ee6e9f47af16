import { Schema } from "effect"

/** The login at the other provider was not begun here by this browser, was finished before, or took too long. */
export class FederatedLoginExpired extends Schema.TaggedError<FederatedLoginExpired>()("FederatedLoginExpired", {}) {}

/**
 * A user of the bank has this email address and has not linked the login. Log in and link it: an address alone opens no
 * one's accounts.
 */
export class LinkRequired extends Schema.TaggedError<LinkRequired>()("LinkRequired", {}) {}

/** The other provider does not say, or has not verified, which email address the new user has. */
export class EmailNotVerified extends Schema.TaggedError<EmailNotVerified>()("EmailNotVerified", {
  provider: Schema.String
}) {}

/** The caller has no such login at another provider. */
export class IdentityNotFound extends Schema.TaggedError<IdentityNotFound>()("IdentityNotFound", {}) {}
