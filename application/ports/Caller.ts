import { Context, type Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Subject, type TenantId } from "../../domain/identity/index.ts"

/**
 * Who makes a request: `id` is 1–64 visible ASCII characters and scopes the caller's idempotency keys (`keyOf`): the
 * user's id and the app's, or the program's.
 */
export const Caller = Schema.Struct({
  id: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,64}$/u)),
  ...Subject.fields,
  /** When the token ends by which it calls: what goes on longer than a request ends then. None for what does not end. */
  until: Schema.optionalKey(Instant.Instant)
})
export type Caller = typeof Caller.Type

/** Whoever asks without a token, of a bank: it has no role, and so may do only what anyone may. */
export const anonymous = (tenant: TenantId): Caller => ({
  id: "anonymous",
  tenant,
  roles: [],
  scopes: [],
  kyc: "none",
  assurance: "single",
  authenticatedAt: Instant.fromMillis(0),
  client: "anonymous"
})

/**
 * The request carries no token, or one that is not accepted: malformed, expired, not yet valid, revoked, of another
 * issuer or for another audience, or without the proof that it is bound to. Which of these is not told.
 */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {
  reason: Schema.Literals(["missing", "invalid"])
}) {}

/** A token as a request presents it (RFC 6750, RFC 9449). */
export interface Presented {
  readonly scheme: "Bearer" | "DPoP"
  readonly token: string
  /** The DPoP proofs that came with it, and what they must be for. */
  readonly proof?: string
  readonly method: string
  /** The address that was asked for, without query and fragment. */
  readonly url: string
}

/** Tells who is calling from the token that a request carries. */
export class Authenticator extends Context.Service<
  Authenticator,
  {
    readonly authenticate: (presented: Presented) => Effect.Effect<Caller, Unauthenticated>
    /** Whether the session of a caller that was let in is not known to be revoked since; from memory, with the delay that it has. */
    readonly isOpen: (caller: Caller) => boolean
  }
>()("bank/application/ports/Authenticator") {}
