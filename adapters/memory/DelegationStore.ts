import { Effect, Layer } from "effect"
import { DelegationNotFound, DelegationStore } from "../../application/ports/DelegationStore.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { Delegation } from "../../domain/identity/index.ts"
import type { DelegationId } from "../../domain/ids/index.ts"

interface Request {
  readonly fingerprint: string
  readonly answer: Delegation.Delegation
}

/** Delegations given at once. */
const limit = 1000

const newestFirst = (left: Delegation.Delegation, right: Delegation.Delegation): number =>
  left.id < right.id ? 1 : left.id > right.id ? -1 : 0

const make = Effect.sync(() => {
  const rows = new Map<DelegationId, Delegation.Delegation>()
  const requests = new Map<string, Request>()

  const matching = (matches: (row: Delegation.Delegation) => boolean): ReadonlyArray<Delegation.Delegation> =>
    [...rows.values()].filter(matches).sort(newestFirst).slice(0, limit)

  const rowOf = (delegationId: DelegationId): Effect.Effect<Delegation.Delegation, DelegationNotFound> =>
    Effect.suspend(() => {
      const row = rows.get(delegationId)
      return row === undefined ? Effect.fail(new DelegationNotFound({ delegationId })) : Effect.succeed(row)
    })

  return DelegationStore.of({
    insert: (key, delegation, fingerprint) =>
      Effect.suspend((): Effect.Effect<Delegation.Delegation, IdempotencyConflict> => {
        const stored = requests.get(key)
        if (stored !== undefined)
          return stored.fingerprint === fingerprint
            ? Effect.succeed(stored.answer)
            : Effect.fail(new IdempotencyConflict({ key }))
        if (rows.has(delegation.id)) return Effect.die(new Error(`delegation ${delegation.id} was stored before`))
        requests.set(key, { fingerprint, answer: delegation })
        rows.set(delegation.id, delegation)
        return Effect.succeed(delegation)
      }),
    find: rowOf,
    of: (customer) =>
      Effect.sync(() => matching(({ grantor, grantee }) => grantor === customer || grantee === customer)),
    inForce: (grantee, grantors, now) =>
      Effect.sync(() =>
        matching((row) => row.grantee === grantee && grantors.includes(row.grantor) && Delegation.isInForce(row, now))
      ),
    revoke: (id, now) =>
      Effect.map(rowOf(id), (row) => {
        const revoked = { ...row, revokedAt: row.revokedAt ?? now }
        rows.set(id, revoked)
        return revoked
      })
  })
})

/** The delegations' port over a plain map; each question goes through all of them. */
export const layer: Layer.Layer<DelegationStore> = Layer.effect(DelegationStore, make)
