/**
 * Devices that a user has logged in on. Each keeps a random secret for up to a year. The bank keeps the digest as a
 * challenge of the kind `known_device` whose `data` is the user's id; a user has as many as there are devices. It proves
 * nothing by itself: it only gives the device a count of failed logins of its own. Every login replaces it.
 */
import { Clock, Effect } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { ChallengeStore } from "../ports/UserStore.ts"

/** How long a device stays known without a login, in milliseconds: a year. */
const lifeMillis = 365 * 86_400_000

/** How often its secret is looked up at most; more are failed logins on it in a year without a single success. */
const lookupsMax = 100_000

/** The digest of the secret if the user logged in on the device before; undefined where it did not, or says none. */
export const knownDevice = Effect.fnUntraced(function* (secret: string | undefined, user: UserId | undefined) {
  if (secret === undefined) return undefined
  const challenges = yield* ChallengeStore
  const digest = (yield* Secrets).digest(secret)
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const found = yield* challenges.attempt("known_device", digest, now)
  return found !== undefined && found.data === user ? digest : undefined
})

/** Gives the device a new secret in place of the one of the digest; gives the secret. */
export const rememberDevice = Effect.fnUntraced(function* (user: UserId, digest: string | undefined) {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  if (digest !== undefined) yield* challenges.take("known_device", digest, now)
  const secret = yield* secrets.token
  yield* challenges.insert({
    digest: secrets.digest(secret),
    kind: "known_device",
    owner: user,
    data: user,
    attemptsLeft: lookupsMax,
    expiresAt: Instant.addMillis(now, lifeMillis)
  })
  return secret
})
