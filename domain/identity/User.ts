import { Schema } from "effect"
import { Instant, LocalDate } from "../calendar/index.ts"
import { CustomerId, UserId } from "../ids/index.ts"
import { KycLevel } from "./Kyc.ts"
import { Role } from "./Role.ts"
import { BranchId, TenantId } from "./Subject.ts"

/** An address of RFC 5321 as people have them: at most 254 characters, kept as it was written. */
export const Email = Schema.String.check(
  Schema.isMaxLength(254),
  Schema.isPattern(
    /^[^\s@"(),:;<>[\\\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u,
    {
      expected: "an email address such as ada@example.com"
    }
  )
).pipe(Schema.brand("Email"))
export type Email = typeof Email.Type

/** What two addresses of one mailbox have in common: no two users of a bank share it. */
export const emailKey = (email: Email): string => email.normalize("NFKC").toLowerCase()

const line = (max: number) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^(?!\\s)[^\\p{C}]{1,${max}}(?<!\\s)$`, "u"), {
      expected: `1 to ${max} printable characters`
    })
  )

/** A postal address; `country` is a code of ISO 3166-1 alpha-2. */
export const Address = Schema.Struct({
  line1: line(120),
  line2: Schema.optionalKey(line(120)),
  city: line(80),
  postalCode: Schema.optionalKey(line(16)),
  country: Schema.String.check(Schema.isPattern(/^[A-Z]{2}$/u, { expected: "a country code such as DE" }))
})
export type Address = typeof Address.Type

/** Who a person is. The phone number is of E.164. */
export const Profile = Schema.Struct({
  fullName: line(120),
  birthDate: Schema.optionalKey(LocalDate.LocalDate),
  phone: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^\+[1-9]\d{6,14}$/u, { expected: "a number such as +4930123456" }))
  ),
  address: Schema.optionalKey(Address)
})
export type Profile = typeof Profile.Type

/** Where the check of a person stands, and up to which level it was passed. */
export const Kyc = Schema.Struct({
  level: KycLevel,
  status: Schema.Literals(["none", "pending", "approved", "rejected"]),
  /** The level that was asked for. */
  requested: Schema.optionalKey(KycLevel),
  /** What the verification provider calls the check. */
  reference: Schema.optionalKey(Schema.String),
  decidedAt: Schema.optionalKey(Instant.Instant),
  /** The user who decided, where a person did. */
  decidedBy: Schema.optionalKey(UserId)
})
export type Kyc = typeof Kyc.Type

/**
 * `pending`: the email address is not verified yet. `active`: logs in. `closed`: does not; the data is kept as long as the
 * law says. `erased`: the personal data is gone.
 */
export const UserStatus = Schema.Literals(["pending", "active", "closed", "erased"])
export type UserStatus = typeof UserStatus.Type

/** Someone who logs in. `version` counts the changes from 1. Email and profile are gone once erased. */
export const User = Schema.Struct({
  id: UserId,
  tenant: TenantId,
  branch: BranchId,
  customer: Schema.optionalKey(CustomerId),
  status: UserStatus,
  email: Schema.optionalKey(Email),
  emailVerifiedAt: Schema.optionalKey(Instant.Instant),
  profile: Schema.optionalKey(Profile),
  roles: Schema.Array(Role),
  kyc: Kyc,
  createdAt: Instant.Instant,
  closedAt: Schema.optionalKey(Instant.Instant),
  version: Schema.Int
})
export type User = typeof User.Type
