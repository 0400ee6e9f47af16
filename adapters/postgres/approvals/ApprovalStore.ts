/**
 * Approvals in PostgreSQL. Each method is one statement, so one transaction and one round trip, and one more to learn why
 * the first changed nothing. `insert` waits for another insert under the same key; `move` locks the approval's row for its
 * own statement, so that of many at once one finds the status that it moves from. The role cannot change what was asked
 * for. What is found is this bank's own: another tenant's approval is not found.
 */

import { Effect, Layer } from "effect"
import {
  type Approval,
  ApprovalDecided,
  ApprovalNotFound,
  ApprovalStore
} from "../../../application/ports/ApprovalStore.ts"
import { FieldCipher } from "../../../application/ports/Crypto.ts"
import { UserStoreUnavailable } from "../../../application/ports/DelegationStore.ts"
import { IdempotencyConflict } from "../../../application/ports/Idempotency.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { bytesOf, optionalBytes, type Row, textOf } from "../Fields.ts"
import { type Parameter, Postgres } from "../Postgres.ts"
import { sha256 } from "../Sql.ts"
import { uuidOf } from "../Uuid.ts"
import {
  approvalColumns,
  approvalOf,
  filedOf,
  idOf,
  outcomePlace,
  outcomeText,
  requestPlace,
  requestText
} from "./ApprovalRows.ts"

/** How many connections the store may open. */
export interface ApprovalStoreOptions {
  readonly connectionsMax: number
}

const role = "bank_access"

const byteaOf = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes).toString("hex")}`

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

const insertSql = `insert into access.approval
    (tenant, key, fingerprint, approval_id, operation, status, created_at, expires_at, sealed)
  values ($1, $2::text::bytea, $3::text::bytea, $4::uuid, $5, $6, $7::timestamptz, $8::timestamptz, $9::text::bytea)
  on conflict (tenant, key) do nothing returning approval_id`

const storedSql = `select fingerprint = $3::text::bytea as same, ${approvalColumns} from access.approval
  where tenant = $1 and key = $2::text::bytea`

const findSql = `select ${approvalColumns} from access.approval where tenant = $1 and approval_id = $2::uuid`

const moveSql = `update access.approval
  set status = $4, checker = $5, decided_at = $6::timestamptz, outcome = $7::text::bytea
  where tenant = $1 and approval_id = $2::uuid and status = $3 returning approval_id`

const make = Effect.fnUntraced(function* ({ connectionsMax }: ApprovalStoreOptions) {
  const pool = yield* (yield* Postgres).pool({ name: "approvals", role, connectionsMax })
  const cipher = yield* FieldCipher
  const { tenant } = yield* Terms
  const run = (text: string, parameters: ReadonlyArray<Parameter>) =>
    Effect.mapError(pool.query(text, parameters), ({ reason }) => new UserStoreUnavailable({ reason }))
  const sealed = (place: string, text: string) =>
    Effect.map(cipher.encrypt(tenant, place, encoder.encode(text)), byteaOf)
  const opened = (place: string, bytes: Uint8Array) =>
    Effect.map(cipher.decrypt(tenant, place, bytes), (plain) => decoder.decode(plain))
  const requestOf = (row: Row) => opened(requestPlace(idOf(row)), bytesOf(row, "sealed"))

  const decoded = Effect.fnUntraced(function* (row: Row) {
    const outcome = optionalBytes(row, "outcome")
    const request = yield* requestOf(row)
    return approvalOf(row, request, outcome === undefined ? undefined : yield* opened(outcomePlace(idOf(row)), outcome))
  })

  const find = Effect.fn("ApprovalStore.find")(function* (approvalId: Approval["id"]) {
    const [row] = yield* run(findSql, [tenant, uuidOf(approvalId)])
    return row === undefined ? yield* Effect.fail(new ApprovalNotFound({ approvalId })) : yield* decoded(row)
  })

  return ApprovalStore.of({
    insert: Effect.fn("ApprovalStore.insert")(function* (key, approval, fingerprint) {
      const { id, operation, status, createdAt, expiresAt } = approval
      const request = yield* sealed(requestPlace(id), requestText(approval))
      // A request may be guessed, so that its plain digest would tell of it.
      const asked = byteaOf(yield* cipher.blindIndex(tenant, "approval.request", fingerprint))
      const named = [tenant, sha256(key), asked]
      const dates = [Instant.toText(createdAt), Instant.toText(expiresAt)]
      const inserted = yield* run(insertSql, [...named, uuidOf(id), operation, status, ...dates, request])
      if (inserted.length === 1) return approval
      const [row] = yield* run(storedSql, named)
      if (row === undefined) return yield* Effect.die(new Error("an approval was in the way and is gone"))
      if (row.same !== true) return yield* Effect.fail(new IdempotencyConflict({ key }))
      return filedOf(row, yield* requestOf(row))
    }),
    find,
    list: Effect.fn("ApprovalStore.list")(function* ({ status, after, limit }) {
      const text = `select ${approvalColumns} from access.approval
        where tenant = $1 and ${status === undefined ? "" : "status = $4 and"} ($2::uuid is null or approval_id > $2)
        order by approval_id limit $3`
      const page = [tenant, after === undefined ? null : uuidOf(after), limit]
      return yield* Effect.forEach(yield* run(text, status === undefined ? page : [...page, status]), decoded)
    }),
    move: Effect.fn("ApprovalStore.move")(function* (approval, from) {
      const { id: approvalId, status, checker, decidedAt } = approval
      const outcome = outcomeText(approval)
      const moved = yield* run(moveSql, [
        tenant,
        uuidOf(approvalId),
        from,
        status,
        checker ?? null,
        decidedAt === undefined ? null : Instant.toText(decidedAt),
        outcome === undefined ? null : yield* sealed(outcomePlace(approvalId), outcome)
      ])
      if (moved.length === 1) return
      const [row] = yield* run(findSql, [tenant, uuidOf(approvalId)])
      return yield* Effect.fail(
        row === undefined
          ? new ApprovalNotFound({ approvalId })
          : new ApprovalDecided({ approvalId, status: textOf(row, "status") })
      )
    })
  })
})

/** Approvals in PostgreSQL; the migrations must have run. */
export const layer = (
  options: ApprovalStoreOptions = { connectionsMax: 4 }
): Layer.Layer<ApprovalStore, never, FieldCipher | Postgres | Terms> => Layer.effect(ApprovalStore, make(options))
