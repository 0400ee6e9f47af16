/** Users, credentials and sessions for the suites of their stores, with every detail that they can have. */
import { Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, type Session, TenantId, User } from "../../domain/identity/index.ts"
import { CustomerId, SessionId, TypedId, UserId } from "../../domain/ids/index.ts"
import { tenant } from "./Callers.ts"
import { randomUuid } from "./Desk.ts"

/** Another bank of the same installation. */
export const otherTenant = TenantId.make("other")

/** When everything of the suites happens that is given its time. */
export const now = Instant.fromMillis(Date.UTC(2026, 10, 24, 3, 42, 14, 123))

/** So many seconds later. */
export const later = (seconds: number): Instant.Instant => Instant.addMillis(now, seconds * 1000)

/** Text that no other call gives. */
export const unique = (): string => TypedId.fromBytes("x", randomUuid()).slice(2)

export const newUserId = (): UserId => UserId.make(TypedId.fromBytes("usr", randomUuid()))
export const newSessionId = (): SessionId => SessionId.make(TypedId.fromBytes("ses", randomUuid()))
export const newCustomerId = (): CustomerId => CustomerId.make(TypedId.fromBytes("cus", randomUuid()))

export const emailOf = Schema.decodeSync(User.Email)

/** What the users of the suites have that is personal, for who looks whether it is kept in the open. */
export const personal = {
  fullName: "Ada Lovelace 東京 🦫",
  birthDate: "1915-12-10",
  phone: "+4930123456",
  line1: "Unter den Linden 1",
  line2: "c/o Babbage",
  city: "Berlin-Mitte",
  postalCode: "10117",
  reference: "verification-4711",
  password: "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
  totpSecret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  deviceName: "Ada's telephone",
  address: "2001:db8::4711",
  userAgent: "Mozilla/5.0 (Analytical Engine)"
} as const

const profile = Schema.decodeSync(User.Profile)({
  fullName: personal.fullName,
  birthDate: personal.birthDate,
  phone: personal.phone,
  address: {
    line1: personal.line1,
    line2: personal.line2,
    city: personal.city,
    postalCode: personal.postalCode,
    country: "DE"
  }
})

/** A new user who has everything that a user can have. */
export const userOf = (more: Partial<User.User> = {}): User.User => ({
  id: newUserId(),
  tenant,
  branch: BranchId.make("berlin-1"),
  customer: newCustomerId(),
  status: "active",
  email: emailOf(`Ada.${unique()}@Example.com`),
  emailVerifiedAt: later(1),
  profile,
  roles: ["customer", "loan_officer"],
  kyc: {
    level: "basic",
    status: "pending",
    requested: "full",
    reference: personal.reference,
    decidedAt: later(2),
    decidedBy: newUserId()
  },
  createdAt: now,
  closedAt: later(3),
  version: 1,
  ...more
})

/** A new user who has nothing that a user need not have. */
export const bareUser = (): User.User => ({
  id: newUserId(),
  tenant,
  branch: BranchId.make("main"),
  status: "pending",
  roles: [],
  kyc: { level: "none", status: "none" },
  createdAt: now,
  version: 1
})

export const passkeyOf = (id: string): Credentials.Passkey => ({
  id,
  publicKey: `key-of-${id}`,
  counter: 7,
  transports: ["internal", "hybrid"],
  name: personal.deviceName,
  createdAt: now,
  lastUsedAt: later(4)
})

export const identityOf = (subject: string): Credentials.LinkedIdentity => ({
  issuer: "https://login.example.com",
  subject,
  linkedAt: now
})

/** Every way to prove who one is; two passkeys. */
export const credentialsOf = (user: UserId, more: Partial<Credentials.Credentials> = {}): Credentials.Credentials => ({
  user,
  password: personal.password,
  totp: { secret: personal.totpSecret, confirmedAt: now, lastStep: 59_000_000 },
  recoveryCodes: ["0".repeat(64), "f".repeat(64)],
  passkeys: [passkeyOf(unique()), passkeyOf(unique())],
  identities: [identityOf(unique())],
  version: 1,
  ...more
})

/** None at all. */
export const bareCredentials = (user: UserId): Credentials.Credentials => ({
  user,
  recoveryCodes: [],
  passkeys: [],
  identities: [],
  version: 1
})

/** An open session that ends an hour after `now`. */
export const sessionOf = (user: UserId, more: Partial<Session.Session> = {}): Session.Session => ({
  id: newSessionId(),
  user,
  client: "https://app.example.com/client",
  methods: ["pwd", "otp"],
  assurance: "mfa",
  authenticatedAt: now,
  createdAt: now,
  lastSeenAt: later(5),
  expiresAt: later(3600),
  address: personal.address,
  userAgent: personal.userAgent,
  ...more
})
