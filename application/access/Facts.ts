import { Clock, Context, Effect, Layer } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { type Delegation, type Permission, Policy } from "../../domain/identity/index.ts"
import type { AccountId, CustomerId } from "../../domain/ids/index.ts"
import { AccountStore, type AccountStoreUnavailable } from "../ports/AccountStore.ts"
import type { Caller } from "../ports/Caller.ts"
import { DelegationStore, type UserStoreUnavailable } from "../ports/DelegationStore.ts"
import { type UserNotFound, UserStore } from "../ports/UserStore.ts"
import type { Target } from "./Guard.ts"

/** Owners that are remembered; beyond, the one that came first is forgotten. */
const ownersMax = 100_000

/** Gathers what a decision needs to know about the objects of a target. */
export class AccessFacts extends Context.Service<
  AccessFacts,
  {
    readonly of: (
      operation: Policy.Operation,
      caller: Caller,
      target: Target
    ) => Effect.Effect<ReadonlyArray<Permission.Facts>, AccountStoreUnavailable | UserStoreUnavailable>
  }
>()("bank/application/access/AccessFacts") {}

/** The facts of an account that is nobody's, or of nothing at all. */
const nobodys: Permission.Facts = { delegated: [] }

const rightsOf = (
  delegations: ReadonlyArray<Delegation.Delegation>,
  owner: CustomerId,
  account: AccountId | undefined
): ReadonlyArray<Permission.Delegated> =>
  delegations
    .filter((each) => each.grantor === owner && (each.account === undefined || each.account === account))
    .map(({ right, amountMax }) => (amountMax === undefined ? { right } : { right, amountMax }))

const make = Effect.gen(function* () {
  const accounts = yield* AccountStore
  const delegations = yield* DelegationStore
  const users = yield* UserStore
  // An owner never changes (INV-16), so that what was read once is true for ever.
  const known = new Map<AccountId, CustomerId>()

  const remember = (account: AccountId, owner: CustomerId): void => {
    const [oldest] = known.keys()
    if (known.size >= ownersMax && oldest !== undefined) known.delete(oldest)
    known.set(account, owner)
  }

  const ownersOf = Effect.fnUntraced(function* (ids: ReadonlyArray<AccountId>) {
    const missing = [...new Set(ids.filter((id) => !known.has(id)))]
    if (missing.length === 0) return
    for (const [account, owner] of yield* accounts.owners(missing)) remember(account, owner)
  })

  const placesOf = Effect.fnUntraced(function* (customers: ReadonlyArray<CustomerId>) {
    const found = yield* Effect.forEach(customers, (customer) =>
      Effect.map(users.findByCustomer(customer), (user) => [customer, user] as const)
    )
    return new Map(found)
  })

  const userFacts = (target: Target) =>
    Effect.forEach(target.users ?? [], (id) =>
      users.find(id).pipe(
        Effect.map(
          ({ tenant, branch, customer }): Permission.Facts => ({
            tenant,
            user: id,
            branch,
            ...(customer === undefined ? {} : { customer }),
            delegated: []
          })
        ),
        Effect.catchTag("UserNotFound", (_: UserNotFound) => Effect.succeed(nobodys))
      )
    )

  return AccessFacts.of({
    of: Effect.fnUntraced(function* (operation, caller, target) {
      const rule = Policy.ruleOf(operation)
      if (Policy.isOpen(rule)) return []
      const reaches = caller.roles.map((role) => rule.roles[role])
      const reachesAny = reaches.includes("any")
      const ownsSome = reaches.includes("own") && caller.customer !== undefined
      const facts = [...(target.facts ?? []), ...(yield* userFacts(target))]
      const acted = target.accounts ?? []
      const named = target.customers ?? []
      if (acted.length + named.length === 0) return facts
      const isForOthers = rule.isForOthers === true && caller.customer !== undefined
      // Who reaches any object is not asked whose it is, unless it may be its own.
      if (reachesAny && !ownsSome && !isForOthers)
        return [
          ...facts,
          ...acted.map(({ account: _, ...rest }): Permission.Facts => ({ ...rest, ...nobodys })),
          ...named.map((customer): Permission.Facts => ({ customer, delegated: [] }))
        ]
      yield* ownersOf(acted.map(({ account }) => account))
      const foreign = [
        ...new Set([
          ...acted.flatMap(({ account }) => {
            const owner = known.get(account)
            return owner === undefined || owner === caller.customer ? [] : [owner]
          }),
          ...named.filter((customer) => customer !== caller.customer)
        ])
      ]
      const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
      const isDelegable = rule.right !== undefined && ownsSome && !reachesAny && foreign.length > 0
      const granted =
        isDelegable && caller.customer !== undefined ? yield* delegations.inForce(caller.customer, foreign, now) : []
      const places =
        reaches.includes("branch") && !reachesAny ? yield* placesOf(foreign) : new Map<CustomerId, undefined>()
      const about = (customer: CustomerId, account: AccountId | undefined): Permission.Facts => {
        const place = places.get(customer)
        return {
          customer,
          ...(place === undefined ? {} : { tenant: place.tenant, branch: place.branch }),
          delegated: rightsOf(granted, customer, account)
        }
      }
      return [
        ...facts,
        ...acted.map(({ account, ...rest }): Permission.Facts => {
          const owner = known.get(account)
          return { ...rest, ...(owner === undefined ? nobodys : about(owner, account)) }
        }),
        ...named.map((customer) => about(customer, undefined))
      ]
    })
  })
})

/** Reads owners, branches and delegations from their stores, and owners once only. */
export const layer: Layer.Layer<AccessFacts, never, AccountStore | DelegationStore | UserStore> = Layer.effect(
  AccessFacts,
  make
)
