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
    /^[^\s\p{C}@"(),:;<>[\\\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u,
    {
      expected: "an email address such as ada@example.com"
    }
  )
).pipe(Schema.brand("Email"))
export type Email = typeof Email.Type

/** Reads an address. */
export const emailOf = Schema.decodeUnknownResult(Email)

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

/** A changed user is the next version. */
export const next = (user: User, change: Partial<Omit<User, "id" | "tenant" | "version">>): User => ({
  ...user,
  ...change,
  version: user.version + 1
})

const unknownYet: Kyc = { level: "none", status: "none" }

/** The person behind a name and a birth date is who was checked: with another one, the check counts no more. */
const isSamePerson = (left: Profile | undefined, right: Profile): boolean =>
  left?.fullName === right.fullName && left.birthDate === right.birthDate

/** The user with another profile. One that names another person is as unknown to the bank as on the first day. */
export const withProfile = (user: User, profile: Profile): User =>
  next(user, { profile, ...(isSamePerson(user.profile, profile) ? {} : { kyc: unknownYet }) })

/** What the profile lacks for a check: who the person is, since when, and where it lives (FATF recommendation 10). */
export const missingForKyc = (profile: Profile | undefined): ReadonlyArray<"fullName" | "birthDate" | "address"> => [
  ...(profile?.fullName === undefined ? (["fullName"] as const) : []),
  ...(profile?.birthDate === undefined ? (["birthDate"] as const) : []),
  ...(profile?.address === undefined ? (["address"] as const) : [])
]

/**
 * How many whole calendar years a bank keeps what it knows of a customer after the end of the relationship: as long as
 * books are kept (HGB § 257, AO § 147), which is the longest that money laundering law allows (GwG § 8 (4), after
 * Directive (EU) 2015/849, article 40).
 */
export const retentionYears = 10

/** Until when the data of a user who was closed then is kept: the end of the tenth calendar year after. */
export const retainedUntil = (closedAt: Instant.Instant): Instant.Instant => {
  const { year } = LocalDate.toCivil(LocalDate.fromInstant(closedAt))
  return Instant.startOfDay(LocalDate.addYears(LocalDate.fromEpochDay(0), year + 1 + retentionYears - 1970))
}

/** The user without anything personal: the id, the customer's id and what the bank was to it stay. */
export const erased = ({ email: _, emailVerifiedAt: __, profile: ___, ...rest }: User): User => ({
  ...rest,
  status: "erased",
  kyc: unknownYet,
  version: rest.version + 1
})

/** Whether a role that the user had is not among these. */
export const losesRole = (user: User, roles: ReadonlyArray<Role>): boolean =>
  user.roles.some((role) => !roles.includes(role))
