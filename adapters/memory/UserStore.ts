import { Effect, Layer } from "effect"
import { EmailTaken, IdentityTaken, UserChanged, UserNotFound, UserStore } from "../../application/ports/UserStore.ts"
import { type Credentials, type TenantId, User } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"

interface Row {
  readonly user: User.User
  readonly credentials: Credentials.Credentials
}

const byId = (left: User.User, right: User.User): number => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

const hasIdentity = ({ identities }: Credentials.Credentials, issuer: string, subject: string): boolean =>
  identities.some((each) => each.issuer === issuer && each.subject === subject)

const hasPasskey = ({ passkeys }: Credentials.Credentials, id: string): boolean =>
  passkeys.some((each) => each.id === id)

const make = Effect.sync(() => {
  const rows = new Map<UserId, Row>()

  const rowOf = (userId: UserId): Effect.Effect<Row, UserNotFound> =>
    Effect.suspend(() => {
      const row = rows.get(userId)
      return row === undefined ? Effect.fail(new UserNotFound({ userId })) : Effect.succeed(row)
    })

  const first = (matches: (row: Row) => boolean): User.User | undefined => {
    for (const row of rows.values()) if (matches(row)) return row.user
    return undefined
  }

  const isOfTenant = (row: Row, tenant: TenantId): boolean => row.user.tenant === tenant

  const ofEmail = (tenant: TenantId, email: User.Email): User.User | undefined => {
    const key = User.emailKey(email)
    return first(
      (row) => isOfTenant(row, tenant) && row.user.email !== undefined && User.emailKey(row.user.email) === key
    )
  }

  const isEmailTaken = ({ id, tenant, email }: User.User): boolean => {
    const holder = email === undefined ? undefined : ofEmail(tenant, email)
    return holder !== undefined && holder.id !== id
  }

  /** Whether another user has one of the linked logins or the passkeys. */
  const isLoginTaken = (tenant: TenantId, { user, identities, passkeys }: Credentials.Credentials): boolean =>
    first(
      (row) =>
        isOfTenant(row, tenant) &&
        row.user.id !== user &&
        (identities.some(({ issuer, subject }) => hasIdentity(row.credentials, issuer, subject)) ||
          passkeys.some(({ id }) => hasPasskey(row.credentials, id)))
    ) !== undefined

  const isCustomerTaken = ({ id, customer }: User.User): boolean =>
    customer !== undefined && first(({ user }) => user.customer === customer && user.id !== id) !== undefined

  const customerTaken = (user: User.User) => Effect.die(new Error(`customer ${user.customer} is another user`))

  return UserStore.of({
    insert: (user, credentials) =>
      Effect.suspend((): Effect.Effect<void, EmailTaken | IdentityTaken> => {
        if (rows.has(user.id)) return Effect.die(new Error(`user ${user.id} was stored before`))
        if (isEmailTaken(user)) return Effect.fail(new EmailTaken({}))
        if (isLoginTaken(user.tenant, credentials)) return Effect.fail(new IdentityTaken({}))
        if (isCustomerTaken(user)) return customerTaken(user)
        rows.set(user.id, { user, credentials })
        return Effect.void
      }),
    find: (id) => Effect.map(rowOf(id), ({ user }) => user),
    findByEmail: (tenant, email) => Effect.sync(() => ofEmail(tenant, email)),
    findByCustomer: (customer) => Effect.sync(() => first(({ user }) => user.customer === customer)),
    findByIdentity: (tenant, issuer, subject) =>
      Effect.sync(() => first((row) => isOfTenant(row, tenant) && hasIdentity(row.credentials, issuer, subject))),
    findByPasskey: (tenant, passkey) =>
      Effect.sync(() => first((row) => isOfTenant(row, tenant) && hasPasskey(row.credentials, passkey))),
    list: ({ tenant, status, kyc, after, limit }) =>
      Effect.sync(() =>
        [...rows.values()]
          .map(({ user }) => user)
          .filter(
            (user) =>
              user.tenant === tenant &&
              (status === undefined || user.status === status) &&
              (kyc === undefined || user.kyc.status === kyc) &&
              (after === undefined || user.id > after)
          )
          .sort(byId)
          .slice(0, limit)
      ),
    save: (user) =>
      Effect.flatMap(rowOf(user.id), (row): Effect.Effect<void, UserChanged | EmailTaken> => {
        const [expected, actual] = [user.version - 1, row.user.version]
        if (actual !== expected) return Effect.fail(new UserChanged({ userId: user.id, expected, actual }))
        if (isEmailTaken(user)) return Effect.fail(new EmailTaken({}))
        if (isCustomerTaken(user)) return customerTaken(user)
        rows.set(user.id, { ...row, user })
        return Effect.void
      }),
    credentials: (id) => Effect.map(rowOf(id), ({ credentials }) => credentials),
    saveCredentials: (credentials) =>
      Effect.flatMap(rowOf(credentials.user), (row): Effect.Effect<void, UserChanged | IdentityTaken> => {
        const { user: userId, version } = credentials
        const [expected, actual] = [version - 1, row.credentials.version]
        if (actual !== expected) return Effect.fail(new UserChanged({ userId, expected, actual }))
        if (isLoginTaken(row.user.tenant, credentials)) return Effect.fail(new IdentityTaken({}))
        rows.set(userId, { ...row, credentials })
        return Effect.void
      })
  })
})

/** The users' port over a plain map; what is not found by id goes through all users each time. */
export const layer: Layer.Layer<UserStore> = Layer.effect(UserStore, make)
