/** Users as rows: what is looked for has a column, what is personal is sealed as one text. */
import { Schema } from "effect"
import { TenantId, User } from "../../../domain/identity/index.ts"
import { arrayOf } from "../Columns.ts"
import { intOf, optionalText, type Row, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { millis } from "../Sql.ts"
import { customerId, userId, uuidOf } from "../Uuid.ts"
import { instantOf, optionalInstant, timestamp } from "./UsersPool.ts"

export const personColumns = `user_id, tenant, branch, customer, status, array_to_string(roles, ' ') as roles, kyc_level,
  kyc_status, ${millis("email_verified_at")}, ${millis("created_at")}, ${millis("closed_at")}, version, sealed`

/** What is sealed; null in place of what a user has not. */
const Personal = Schema.Struct({
  email: User.User.fields.email,
  profile: User.User.fields.profile,
  requested: User.Kyc.fields.requested,
  reference: User.Kyc.fields.reference,
  decidedAt: User.Kyc.fields.decidedAt,
  decidedBy: User.Kyc.fields.decidedBy
})

const PersonalJson = Schema.fromJsonString(Personal)
const encodePersonal = Schema.encodeSync(PersonalJson)
const decodePersonal = Schema.decodeUnknownSync(PersonalJson, { onExcessProperty: "error" })
const decodeUser = Schema.decodeUnknownSync(Schema.toType(User.User), { onExcessProperty: "error" })
const decodeTenant = Schema.decodeUnknownSync(TenantId)

/** Where a user's sealed text stands. */
export const placeOf = (id: string): string => `users.person.sealed ${id}`

export const tenantOf = (row: Row): TenantId => decodeTenant(row.tenant)
export const idOf = (row: Row) => userId(textOf(row, "user_id"))

export const personalText = ({ email, profile, kyc: { level: _, status: __, ...check } }: User.User): string =>
  encodePersonal({
    ...check,
    ...(email === undefined ? {} : { email }),
    ...(profile === undefined ? {} : { profile })
  })

export const userOf = (row: Row, personal: string): User.User => {
  const { email, profile, ...check } = decodePersonal(personal)
  const customer = optionalText(row, "customer")
  const roles = textOf(row, "roles")
  return decodeUser({
    id: idOf(row),
    tenant: row.tenant,
    branch: row.branch,
    ...(customer === undefined ? {} : { customer: customerId(customer) }),
    status: row.status,
    ...(email === undefined ? {} : { email }),
    ...optionalInstant(row, "email_verified_at", "emailVerifiedAt"),
    ...(profile === undefined ? {} : { profile }),
    roles: roles === "" ? [] : roles.split(" "),
    kyc: { level: row.kyc_level, status: row.kyc_status, ...check },
    createdAt: instantOf(row, "created_at"),
    ...optionalInstant(row, "closed_at", "closedAt"),
    version: intOf(row, "version")
  })
}

/** branch, customer, status, roles, kyc_level, kyc_status, email_verified_at, closed_at, version. */
export const changingFields = (user: User.User): ReadonlyArray<Parameter> => [
  user.branch,
  user.customer === undefined ? null : uuidOf(user.customer),
  user.status,
  arrayOf(user.roles),
  user.kyc.level,
  user.kyc.status,
  timestamp(user.emailVerifiedAt),
  timestamp(user.closedAt),
  user.version
]
