import { Context, type Effect, Schema } from "effect"
import { CustomerId } from "../../domain/ids/index.ts"

/**
 * Who makes a request: `id` is 1–64 visible ASCII characters and scopes the caller's idempotency keys (`keyOf`);
 * `customer` owns the accounts that the caller opens without naming an owner.
 */
export const Caller = Schema.Struct({
  id: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,64}$/u)),
  customer: CustomerId
})
export type Caller = typeof Caller.Type

/** The request carries no token, or one that is unknown, expired or revoked; which of these is not told. */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {}) {}

/** Tells who is calling from the bearer token (RFC 6750) that a request carries. */
export class Authenticator extends Context.Service<
  Authenticator,
  { readonly authenticate: (bearerToken: string) => Effect.Effect<Caller, Unauthenticated> }
>()("bank/application/ports/Authenticator") {}
