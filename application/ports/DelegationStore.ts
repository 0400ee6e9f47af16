import { Context, type Effect, Schema } from "effect"
import type { Instant } from "../../domain/calendar/index.ts"
import type { Delegation } from "../../domain/identity/index.ts"
import type { CustomerId, DelegationId } from "../../domain/ids/index.ts"
import type { IdempotencyConflict, IdempotencyKey } from "./Idempotency.ts"

/** The store of users and what belongs to them cannot be reached; send the same request again. */
export class UserStoreUnavailable extends Schema.TaggedError<UserStoreUnavailable>()("UserStoreUnavailable", {
  reason: Schema.String
}) {}

/** There is no such delegation, or none that the caller may know of. */
export class DelegationNotFound extends Schema.TaggedError<DelegationNotFound>()("DelegationNotFound", {
  delegationId: Schema.String
}) {}

/** Delegations between customers. */
export class DelegationStore extends Context.Service<
  DelegationStore,
  {
    /**
     * Stores a new one, or gives the one that the key stored first, as it was then. `fingerprint` is the request as text,
     * to tell a retry from another request under the same key.
     */
    readonly insert: (
      key: IdempotencyKey,
      delegation: Delegation.Delegation,
      fingerprint: string
    ) => Effect.Effect<Delegation.Delegation, IdempotencyConflict | UserStoreUnavailable>
    readonly find: (id: DelegationId) => Effect.Effect<Delegation.Delegation, DelegationNotFound | UserStoreUnavailable>
    /** Those that a customer gave or got, revoked ones too, newest first; at most 1000. */
    readonly of: (customer: CustomerId) => Effect.Effect<ReadonlyArray<Delegation.Delegation>, UserStoreUnavailable>
    /** Those from any of these grantors to the grantee that are in force now; at most 1000. */
    readonly inForce: (
      grantee: CustomerId,
      grantors: ReadonlyArray<CustomerId>,
      now: Instant.Instant
    ) => Effect.Effect<ReadonlyArray<Delegation.Delegation>, UserStoreUnavailable>
    /** Revokes it now, once: a later time is not taken. */
    readonly revoke: (
      id: DelegationId,
      now: Instant.Instant
    ) => Effect.Effect<Delegation.Delegation, DelegationNotFound | UserStoreUnavailable>
  }
>()("bank/application/ports/DelegationStore") {}
