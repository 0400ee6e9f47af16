import { Context, type Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Policy, Role, TenantId } from "../../domain/identity/index.ts"
import { CustomerId, SessionId, UserId } from "../../domain/ids/index.ts"
import { Origin } from "./Origin.ts"

/** Who did it; nobody is known before a login. */
export const AuditActor = Schema.Struct({
  id: Schema.String,
  user: Schema.optionalKey(UserId),
  customer: Schema.optionalKey(CustomerId),
  roles: Schema.Array(Role),
  client: Schema.optionalKey(Schema.String),
  session: Schema.optionalKey(SessionId)
})
export type AuditActor = typeof AuditActor.Type

/**
 * One line of the audit log. A write leaves two: `attempted` before it is done, and `done` or `failed` after, so that a
 * crash between them shows. A privileged read leaves `read`, a refusal `refused`.
 */
export const AuditRecord = Schema.Struct({
  at: Instant.Instant,
  tenant: TenantId,
  actor: AuditActor,
  operation: Policy.Operation,
  /** Ids of what was acted on, at most 20. */
  objects: Schema.Array(Schema.String),
  outcome: Schema.Literals(["attempted", "done", "failed", "read", "refused"]),
  /** The error's code, of what failed or was refused. */
  code: Schema.optionalKey(Schema.String),
  /** The object before and after, as JSON text; encrypted at rest. */
  before: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
  origin: Origin
})
export type AuditRecord = typeof AuditRecord.Type

/** A record as it is kept: numbered from 1 without a gap, and chained to the one before by its hash. */
export const AuditEntry = Schema.Struct({
  sequence: Schema.Int,
  ...AuditRecord.fields,
  /** Lower-case hexadecimal SHA-256 over the entry as it is stored and the hash before. */
  hash: Schema.String
})
export type AuditEntry = typeof AuditEntry.Type

/** The audit log cannot be written or read, or not so much at once; what was to be audited is not done. */
export class AuditUnavailable extends Schema.TaggedError<AuditUnavailable>()("AuditUnavailable", {
  reason: Schema.String
}) {}

/**
 * What an auditor looks for; what is given must hold together. Newest first; `after` is the last sequence seen. `actor` is
 * the actor's id, or that of its user or customer; `from` is included, `before` is not.
 */
export interface AuditQuery {
  readonly tenant?: TenantId
  readonly actor?: string
  readonly operation?: Policy.Operation
  readonly object?: string
  readonly from?: Instant.Instant
  readonly before?: Instant.Instant
  readonly after?: number
  readonly limit: number
}

/** Append-only: what privileged readers have read and what everybody has written. */
export class AuditLog extends Context.Service<
  AuditLog,
  {
    /** Comes back when the record is durable. Records that are appended together share a commit. */
    readonly append: (record: AuditRecord) => Effect.Effect<void, AuditUnavailable>
    /** As `append`, for a record that nobody waits for: it may wait a moment for the next that is appended. */
    readonly note: (record: AuditRecord) => Effect.Effect<void, AuditUnavailable>
    readonly search: (query: AuditQuery) => Effect.Effect<ReadonlyArray<AuditEntry>, AuditUnavailable>
    /** The newest entry's sequence and hash; 0 and 64 zeros before the first. */
    readonly head: Effect.Effect<{ readonly sequence: number; readonly hash: string }, AuditUnavailable>
  }
>()("bank/application/ports/AuditLog") {}
