import { Effect, Layer } from "effect"
import {
  type Approval,
  ApprovalDecided,
  ApprovalNotFound,
  ApprovalStore
} from "../../application/ports/ApprovalStore.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import type { ApprovalId } from "../../domain/ids/index.ts"

interface Request {
  readonly fingerprint: string
  readonly answer: Approval
}

const byId = (left: Approval, right: Approval): number => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

const make = Effect.sync(() => {
  const rows = new Map<ApprovalId, Approval>()
  const requests = new Map<string, Request>()

  const rowOf = (approvalId: ApprovalId): Effect.Effect<Approval, ApprovalNotFound> =>
    Effect.suspend(() => {
      const row = rows.get(approvalId)
      return row === undefined ? Effect.fail(new ApprovalNotFound({ approvalId })) : Effect.succeed(row)
    })

  return ApprovalStore.of({
    insert: (key, approval, fingerprint) =>
      Effect.suspend((): Effect.Effect<Approval, IdempotencyConflict> => {
        const stored = requests.get(key)
        if (stored !== undefined)
          return stored.fingerprint === fingerprint
            ? Effect.succeed(stored.answer)
            : Effect.fail(new IdempotencyConflict({ key }))
        if (rows.has(approval.id)) return Effect.die(new Error(`approval ${approval.id} was stored before`))
        requests.set(key, { fingerprint, answer: approval })
        rows.set(approval.id, approval)
        return Effect.succeed(approval)
      }),
    find: rowOf,
    list: ({ status, after, limit }) =>
      Effect.sync(() =>
        [...rows.values()]
          .filter((row) => (status === undefined || row.status === status) && (after === undefined || row.id > after))
          .sort(byId)
          .slice(0, limit)
      ),
    move: (approval, from) =>
      Effect.flatMap(rowOf(approval.id), ({ status }): Effect.Effect<void, ApprovalDecided> => {
        if (status !== from) return Effect.fail(new ApprovalDecided({ approvalId: approval.id, status }))
        rows.set(approval.id, approval)
        return Effect.void
      })
  })
})

/** The approvals' port over a plain map. */
export const layer: Layer.Layer<ApprovalStore> = Layer.effect(ApprovalStore, make)
