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

const day = 86_400_000

/** The longest that a session lasts, and the longest that it lasts without being used, in milliseconds. */
export const lifeMillisMax = 30 * day
export const idleMillisMax = 14 * day

/** A passkey holds two factors by itself; anything else takes a second one. */
const assuranceOf = (methods: ReadonlyArray<AuthenticationMethod>): Session["assurance"] =>
  methods.some((method) => method === "passkey" || method === "otp" || method === "recovery") ? "mfa" : "single"

const endOf = (createdAt: Instant.Instant, lastSeenAt: Instant.Instant): Instant.Instant =>
  Instant.fromMillis(Math.min(createdAt + lifeMillisMax, lastSeenAt + idleMillisMax))

/** A session that begins now. */
export const start = (
  login: Pick<Session, "id" | "user" | "client" | "methods" | "address" | "userAgent">,
  now: Instant.Instant
): Session => ({
  ...login,
  assurance: assuranceOf(login.methods),
  authenticatedAt: now,
  createdAt: now,
  lastSeenAt: now,
  expiresAt: endOf(now, now)
})

/** Whether its user may still use it. */
export const isOpen = ({ expiresAt, revokedAt }: Session, now: Instant.Instant): boolean =>
  revokedAt === undefined && now < expiresAt

/** The session after it was used, never for longer than it may last in all. */
export const seen = (session: Session, now: Instant.Instant): Session => {
  const lastSeenAt = Instant.fromMillis(Math.max(session.lastSeenAt, now))
  return { ...session, lastSeenAt, expiresAt: endOf(session.createdAt, lastSeenAt) }
}

/** The session after its user has proved a second factor once more. */
export const raise = (session: Session, method: "otp" | "recovery" | "passkey", now: Instant.Instant): Session => ({
  ...seen(session, now),
  methods: session.methods.includes(method) ? session.methods : [...session.methods, method],
  assurance: "mfa",
  authenticatedAt: now
})
