import { Context, type Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Policy } from "../../domain/identity/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { Caller } from "./Caller.ts"
import type { KeysUnavailable } from "./Crypto.ts"
import type { UserStoreUnavailable } from "./DelegationStore.ts"
import type { IdempotencyConflict, IdempotencyKey } from "./Idempotency.ts"

/** There is no such approval. */
export class ApprovalNotFound extends Schema.TaggedError<ApprovalNotFound>()("ApprovalNotFound", {
  approvalId: Schema.String
}) {}

/** The approval was decided on, withdrawn or has expired already. */
export class ApprovalDecided extends Schema.TaggedError<ApprovalDecided>()("ApprovalDecided", {
  approvalId: Schema.String,
  status: Schema.String
}) {}

/**
 * A request that a second person decides on. `approved` means that it was decided on and is being done; `done` and `failed`
 * that it was. The maker's own rights count when it is done.
 */
export const Approval = Schema.Struct({
  id: ApprovalId,
  operation: Policy.Operation,
  /** The command as JSON text; encrypted at rest. */
  command: Schema.String,
  maker: Caller,
  reason: Schema.optionalKey(Schema.String),
  status: Schema.Literals(["pending", "approved", "done", "failed", "rejected", "expired"]),
  /** The caller who decided. */
  checker: Schema.optionalKey(Schema.String),
  /** Why the checker decided so; encrypted at rest. */
  decisionReason: Schema.optionalKey(Schema.String),
  /** The answer as JSON text, or the error's code where it failed; encrypted at rest. */
  result: Schema.optionalKey(Schema.String),
  createdAt: Instant.Instant,
  expiresAt: Instant.Instant,
  decidedAt: Schema.optionalKey(Instant.Instant)
})
export type Approval = typeof Approval.Type

type Stored<A, E = never> = Effect.Effect<A, E | UserStoreUnavailable | KeysUnavailable>

/** Requests that wait for a second person, and those that did. */
export class ApprovalStore extends Context.Service<
  ApprovalStore,
  {
    /**
     * Stores a pending one, or gives the one that the key stored first, as it was then. `fingerprint` is the request as
     * text, to tell a retry from another request under the same key.
     */
    readonly insert: (
      key: IdempotencyKey,
      approval: Approval,
      fingerprint: string
    ) => Stored<Approval, IdempotencyConflict>
    readonly find: (id: ApprovalId) => Stored<Approval, ApprovalNotFound>
    /** By id; `after` is the last one already seen. */
    readonly list: (query: {
      readonly status?: Approval["status"]
      readonly after?: ApprovalId
      readonly limit: number
    }) => Stored<ReadonlyArray<Approval>>
    /** Replaces what changes of one that is in the status `from`: the decision and its outcome. Of many at once, one does. */
    readonly move: (approval: Approval, from: Approval["status"]) => Stored<void, ApprovalNotFound | ApprovalDecided>
  }
>()("bank/application/ports/ApprovalStore") {}
