/**
 * Users and their credentials in PostgreSQL. Each method is one statement, so one transaction and one round trip, and one
 * more to learn why the first changed nothing. A save locks the row of the user or of its credentials for its own
 * statement. Who comes second with the same address, login or passkey waits for the first and is refused by a unique
 * index. What is found by id is this bank's own: another tenant's user is not found. An address that nobody has takes the
 * time of one that somebody has.
 */
import { Effect, Layer, Schema } from "effect"
import type { FieldCipher, KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import {
  EmailTaken,
  IdentityTaken,
  UserChanged,
  UserNotFound,
  UserStore
} from "../../../application/ports/UserStore.ts"
import { Credentials, type TenantId, User } from "../../../domain/identity/index.ts"
import type { UserId } from "../../../domain/ids/index.ts"
import { arrayOf, quoted } from "../Columns.ts"
import { intOf, type Row } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { nobodies } from "./Nobody.ts"
import { changingFields, idOf, personalText, personColumns, placeOf, tenantOf, userOf } from "./PersonRows.ts"
import { sealing } from "./Sealing.ts"
import { onTaken, orUnavailable, timestamp, UsersPool } from "./UsersPool.ts"

const CredentialsJson = Schema.fromJsonString(Credentials.Credentials)
const encodeCredentials = Schema.encodeSync(CredentialsJson)
const decodeCredentials = Schema.decodeUnknownSync(CredentialsJson, { onExcessProperty: "error" })

const credentialsPlace = (id: string): string => `users.credential.sealed ${id}`

// Each part reads from the one before, so that the address is checked before the logins.
const insertSql = `with person as (
    insert into users.person (user_id, tenant, created_at, branch, customer, status, roles, kyc_level, kyc_status,
      email_verified_at, closed_at, version, email_key, sealed)
    values ($1::uuid, $2, $3::timestamptz, $4, $5::uuid, $6, $7::text::text[], $8, $9, $10::timestamptz,
      $11::timestamptz, $12::integer, $13::text::bytea, $14::text::bytea)
    returning user_id, tenant),
  keys as (
    insert into users.login_key (tenant, key, user_id)
    select tenant, key, user_id from person, unnest($15::text::bytea[]) as key)
  insert into users.credential (user_id, tenant, version, sealed)
  select user_id, tenant, $16::integer, $17::text::bytea from person`

const saveSql = `update users.person set
    branch = $3, customer = $4::uuid, status = $5, roles = $6::text::text[], kyc_level = $7, kyc_status = $8,
    email_verified_at = $9::timestamptz, closed_at = $10::timestamptz, version = $11::integer,
    email_key = $12::text::bytea, sealed = $13::text::bytea
  where user_id = $1::uuid and tenant = $2 and version = $11::integer - 1 returning user_id`

// Who comes second finds another version once the first has committed, and then changes no key either.
const saveCredentialsSql = `with saved as (
    update users.credential set version = $3::integer, sealed = $4::text::bytea
    where user_id = $1::uuid and tenant = $2 and version = $3::integer - 1 returning user_id, tenant),
  given as (
    select tenant, key, user_id from saved, unnest($5::text::bytea[]) as key),
  removed as (
    delete from users.login_key using saved
    where login_key.user_id = saved.user_id and not login_key.key = any ($5::text::bytea[])),
  added as (
    insert into users.login_key (tenant, key, user_id)
    select tenant, key, user_id from given
    where not exists (select from users.login_key as held
      where held.tenant = given.tenant and held.key = given.key and held.user_id = given.user_id))
  select user_id from saved`

const emailTaken = new Map([["person_email", new EmailTaken({})]])
const identityTaken = new Map([["login_key_pkey", new IdentityTaken({})]])

/** Two texts as one, so that no other two make the same. */
const identityText = (issuer: string, subject: string): string => JSON.stringify([issuer, subject])

const make = Effect.gen(function* () {
  const pool = yield* UsersPool
  const { tenant: ownTenant } = yield* Terms
  const { seal, open, hashed } = yield* sealing
  const nobodyOf = yield* nobodies(encodeCredentials, credentialsPlace)
  const run = (text: string, parameters: ReadonlyArray<Parameter>) => pool.query(text, parameters)

  const emailKey = (tenant: TenantId, email: User.Email) => hashed(tenant, "user.email", User.emailKey(email))
  const identityKey = (tenant: TenantId, issuer: string, subject: string) =>
    hashed(tenant, "user.identity", identityText(issuer, subject))
  const passkeyKey = (tenant: TenantId, id: string) => hashed(tenant, "user.passkey", id)

  /** Sorted, so that two who add the same take turns and never wait for each other. */
  const loginKeys = (tenant: TenantId, { identities, passkeys }: Credentials.Credentials) =>
    Effect.map(
      Effect.all([
        ...identities.map(({ issuer, subject }) => identityKey(tenant, issuer, subject)),
        ...passkeys.map(({ id }) => passkeyKey(tenant, id))
      ]),
      (keys) => arrayOf([...new Set(keys)].sort().map(quoted))
    )

  const decoded = (row: Row): Effect.Effect<User.User, KeysUnavailable> =>
    Effect.map(open(tenantOf(row), placeOf(idOf(row)), row), (personal) => userOf(row, personal))

  const secretsIn = (place: string, row: Row) => Effect.map(open(ownTenant, place, row), decodeCredentials)

  const personalOf = (user: User.User) =>
    Effect.all([
      user.email === undefined ? Effect.succeed(null) : emailKey(user.tenant, user.email),
      seal(user.tenant, placeOf(user.id), personalText(user))
    ])

  const firstOf = Effect.fnUntraced(function* (text: string, parameters: ReadonlyArray<Parameter>) {
    const [row] = yield* run(text, parameters)
    return row === undefined ? undefined : yield* decoded(row)
  })

  /** Why a save found nothing to replace. */
  const notSaved = Effect.fnUntraced(function* (table: "person" | "credential", userId: UserId, version: number) {
    const text = `select version from users.${table} where user_id = $1::uuid and tenant = $2`
    const [row] = yield* orUnavailable(run(text, [uuidOf(userId), ownTenant]))
    return yield* row === undefined
      ? Effect.fail(new UserNotFound({ userId }))
      : Effect.fail(new UserChanged({ userId, expected: version - 1, actual: intOf(row, "version") }))
  })

  const byLoginSql = `select ${personColumns} from users.person
    where user_id = (select user_id from users.login_key where tenant = $1 and key = $2::text::bytea)`

  return UserStore.of({
    insert: Effect.fn("UserStore.insert")(function* (user, credentials) {
      const { id, tenant, createdAt } = user
      const [email, personal] = yield* orUnavailable(personalOf(user))
      const [keys, secrets] = yield* orUnavailable(
        Effect.all([loginKeys(tenant, credentials), seal(tenant, credentialsPlace(id), encodeCredentials(credentials))])
      )
      const fields = [uuidOf(id), tenant, timestamp(createdAt), ...changingFields(user), email, personal]
      const inserted = orUnavailable(run(insertSql, [...fields, keys, credentials.version, secrets]))
      yield* onTaken(onTaken(inserted, emailTaken), identityTaken)
    }),
    find: Effect.fn("UserStore.find")(function* (userId) {
      const text = `select ${personColumns} from users.person where user_id = $1::uuid and tenant = $2`
      const user = yield* orUnavailable(firstOf(text, [uuidOf(userId), ownTenant]))
      return user ?? (yield* Effect.fail(new UserNotFound({ userId })))
    }),
    findByEmail: Effect.fn("UserStore.findByEmail")(function* (tenant, email) {
      const text = `select ${personColumns} from users.person where tenant = $1 and email_key = $2::text::bytea`
      const key = yield* orUnavailable(emailKey(tenant, email))
      const found = yield* orUnavailable(firstOf(text, [tenant, key]))
      if (found === undefined) yield* orUnavailable(Effect.flatMap(nobodyOf(tenant), ({ person }) => decoded(person)))
      return found
    }),
    findByCustomer: Effect.fn("UserStore.findByCustomer")(function* (customer) {
      const text = `select ${personColumns} from users.person where customer = $1::uuid and tenant = $2`
      return yield* orUnavailable(firstOf(text, [uuidOf(customer), ownTenant]))
    }),
    findByIdentity: Effect.fn("UserStore.findByIdentity")(function* (tenant, issuer, subject) {
      const key = yield* orUnavailable(identityKey(tenant, issuer, subject))
      return yield* orUnavailable(firstOf(byLoginSql, [tenant, key]))
    }),
    findByPasskey: Effect.fn("UserStore.findByPasskey")(function* (tenant, passkey) {
      const key = yield* orUnavailable(passkeyKey(tenant, passkey))
      return yield* orUnavailable(firstOf(byLoginSql, [tenant, key]))
    }),
    list: Effect.fn("UserStore.list")(function* ({ tenant, status, kyc, after, limit }) {
      const parameters: Array<Parameter> = [tenant, limit]
      const also = (condition: (parameter: string) => string, value: string | undefined): string =>
        value === undefined ? "" : ` and ${condition(`$${parameters.push(value)}`)}`
      const text = `select ${personColumns} from users.person where tenant = $1${also((at) => `status = ${at}`, status)}${also(
        (at) => `kyc_status = ${at}`,
        kyc
      )}${also((at) => `user_id > ${at}::uuid`, after === undefined ? undefined : uuidOf(after))}
        order by user_id limit $2::integer`
      const rows = yield* orUnavailable(run(text, parameters))
      return yield* orUnavailable(Effect.forEach(rows, decoded))
    }),
    save: Effect.fn("UserStore.save")(function* (user) {
      const [email, personal] = yield* orUnavailable(personalOf(user))
      const fields = [uuidOf(user.id), ownTenant, ...changingFields(user), email, personal]
      const saved = yield* onTaken(orUnavailable(run(saveSql, fields)), emailTaken)
      if (saved.length === 0) yield* notSaved("person", user.id, user.version)
    }),
    credentials: Effect.fn("UserStore.credentials")(function* (userId) {
      const text = "select sealed from users.credential where user_id = $1::uuid and tenant = $2"
      const [row] = yield* orUnavailable(run(text, [uuidOf(userId), ownTenant]))
      if (row !== undefined) return yield* orUnavailable(secretsIn(credentialsPlace(userId), row))
      const { id, credential } = yield* orUnavailable(nobodyOf(ownTenant))
      yield* orUnavailable(secretsIn(credentialsPlace(id), credential))
      return yield* Effect.fail(new UserNotFound({ userId }))
    }),
    saveCredentials: Effect.fn("UserStore.saveCredentials")(function* (credentials) {
      const { user, version } = credentials
      const [keys, secrets] = yield* orUnavailable(
        Effect.all([
          loginKeys(ownTenant, credentials),
          seal(ownTenant, credentialsPlace(user), encodeCredentials(credentials))
        ])
      )
      const saving = orUnavailable(run(saveCredentialsSql, [uuidOf(user), ownTenant, version, secrets, keys]))
      if ((yield* onTaken(saving, identityTaken)).length === 0) yield* notSaved("credential", user, version)
    })
  })
})

/** Users in PostgreSQL. */
export const layer: Layer.Layer<UserStore, never, UsersPool | FieldCipher | Terms> = Layer.effect(UserStore, make)
