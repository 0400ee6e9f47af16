import { Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, Role, Session, User } from "../../domain/identity/index.ts"
import { CustomerId, UserId } from "../../domain/ids/index.ts"

const { level, status, requested, decidedAt } = User.Kyc.fields

/** A user as callers see it, without what it proves itself by and without the bank's own notes. */
export const UserView = Schema.Struct({
  id: UserId,
  branch: BranchId,
  customer: Schema.optionalKey(CustomerId),
  status: User.UserStatus,
  email: Schema.optionalKey(User.Email),
  emailVerifiedAt: Schema.optionalKey(Instant.Instant),
  profile: Schema.optionalKey(User.Profile),
  roles: Schema.Array(Role),
  kyc: Schema.Struct({ level, status, requested, decidedAt }),
  createdAt: Instant.Instant,
  closedAt: Schema.optionalKey(Instant.Instant),
  version: Schema.Int
})
export type UserView = typeof UserView.Type

const kycView = ({ reference: _, decidedBy: __, ...rest }: User.Kyc): UserView["kyc"] => rest

/** The view of a user. */
export const userView = ({ tenant: _, kyc, ...rest }: User.User): UserView => ({ ...rest, kyc: kycView(kyc) })

/** A session as its user sees it. */
export const SessionView = Schema.Struct({
  id: Session.Session.fields.id,
  client: Schema.String,
  methods: Schema.Array(Session.AuthenticationMethod),
  assurance: Session.Session.fields.assurance,
  authenticatedAt: Instant.Instant,
  createdAt: Instant.Instant,
  lastSeenAt: Instant.Instant,
  expiresAt: Instant.Instant,
  address: Schema.optionalKey(Schema.String),
  userAgent: Schema.optionalKey(Schema.String)
})
export type SessionView = typeof SessionView.Type

/** The view of a session. */
export const sessionView = ({ user: _, revokedAt: __, ...rest }: Session.Session): SessionView => rest
