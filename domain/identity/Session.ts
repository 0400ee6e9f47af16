import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { SessionId, UserId } from "../ids/index.ts"
import { Assurance } from "./Subject.ts"

/** How a user proved who it is (RFC 8176): a password, a one-time code, a recovery code, a passkey, another provider. */
export const AuthenticationMethod = Schema.Literals(["pwd", "otp", "recovery", "passkey", "federated"])
export type AuthenticationMethod = typeof AuthenticationMethod.Type

/** A login of a user on one device. It ends at `expiresAt`, or when it is revoked. */
export const Session = Schema.Struct({
  id: SessionId,
  user: UserId,
  client: Schema.String,
  methods: Schema.Array(AuthenticationMethod),
  assurance: Assurance,
  authenticatedAt: Instant.Instant,
  createdAt: Instant.Instant,
  lastSeenAt: Instant.Instant,
  expiresAt: Instant.Instant,
  revokedAt: Schema.optionalKey(Instant.Instant),
  /** Personal data: encrypted at rest, shown to its user. */
  address: Schema.optionalKey(Schema.String),
  userAgent: Schema.optionalKey(Schema.String)
})
export type Session = typeof Session.Type
