/** What is kept, in secret, while a browser is at another provider. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { IdentityProviders } from "../ports/Outside.ts"
import { ChallengeStore } from "../ports/UserStore.ts"
import { FederatedLoginExpired } from "./Refusals.ts"

/** How long the browser may stay there, in milliseconds. */
export const ticketMillis = 10 * 60_000

/** A secret that this bank gave out, sent back. */
export const Ticket = Schema.String.check(Schema.isPattern(/^[\w-]{16,128}$/u, { expected: "a ticket" }))

/** The name of a provider that the bank has set up. */
export const ProviderName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,31}$/u, { expected: "the name of a provider" })
)

/**
 * Where to send the browser, and what it is to come back with. The edge sets `ticket` as a cookie of this browser's, so
 * that nobody else's answer is taken from it, and its own from no other.
 */
export const FederationBegun = Schema.Struct({ url: Schema.String, ticket: Ticket })
export type FederationBegun = typeof FederationBegun.Type

/** The whole address that the browser came back to, and the ticket that it had kept. */
export const answered = { callback: Schema.String.check(Schema.isMaxLength(8192)), ticket: Ticket }

const Data = Schema.fromJsonString(
  Schema.Struct({ provider: Schema.String, kept: Schema.String, links: Schema.optionalKey(UserId) })
)

/** Begins at the provider; `links` is who wants to link the login. Errors: UnknownProvider, FederationFailed, UserStoreUnavailable. */
export const begin = Effect.fnUntraced(function* (provider: string, links: UserId | undefined) {
  const providers = yield* IdentityProviders
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const { url, kept } = yield* providers.begin(provider)
  const ticket = yield* secrets.token
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* challenges.insert({
    digest: secrets.digest(ticket),
    kind: "federated_login",
    data: Schema.encodeSync(Data)({ provider, kept, ...(links === undefined ? {} : { links }) }),
    attemptsLeft: 1,
    expiresAt: Instant.addMillis(now, ticketMillis)
  })
  return { url, ticket } satisfies FederationBegun
})

/**
 * Who logged in at the provider where the ticket was begun, for the same end and by the same user. A ticket is taken once,
 * whatever comes of it. Errors, first wins: FederatedLoginExpired, UnknownProvider, FederationFailed, UserStoreUnavailable.
 */
export const complete = Effect.fnUntraced(function* (
  { callback, ticket }: { readonly callback: string; readonly ticket: string },
  links: UserId | undefined
) {
  const providers = yield* IdentityProviders
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const taken = yield* challenges.take("federated_login", secrets.digest(ticket), now)
  if (taken === undefined) return yield* Effect.fail(new FederatedLoginExpired({}))
  const { provider, kept, links: begunBy } = yield* Effect.orDie(Schema.decodeEffect(Data)(taken.data))
  if (begunBy !== links) return yield* Effect.fail(new FederatedLoginExpired({}))
  return { provider, person: yield* providers.complete(provider, callback, kept) }
})
