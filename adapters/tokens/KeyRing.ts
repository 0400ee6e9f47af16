/**
 * The signing keys of a bank, from memory. A refresh reads the store once, or once more after a change, and does what is due: it makes a key where none
 * signs, sends superseded ones into retirement and removes those whose time is over. Each of these steps may be done by
 * any process, again, or by two at once: which key signs is decided by the stored keys alone, so that processes that have
 * read the same agree. Nothing is locked but this process's own refreshes, one at a time.
 */
import { Clock, Effect, Layer, Schedule, Semaphore } from "effect"
import type { KeysUnavailable } from "../../application/ports/Crypto.ts"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { KeyRing, type SigningKey, SigningKeyStore } from "../../application/ports/Tokens.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { TenantId } from "../../domain/identity/index.ts"
import { type Algorithm, generate } from "./Jwk.ts"
import { skewSeconds } from "./Lifetime.ts"

export interface KeyRingOptions {
  readonly tenant: TenantId
  /** How far this process may be behind the store. */
  readonly refreshSeconds: number
  /** The longest that a token lives. */
  readonly tokenLifeSeconds: number
  /** What new keys sign by; ES256 unless told. Those that are there stay. */
  readonly algorithm?: Algorithm
}

/** A store that does not answer for so long is not available. */
const answerSecondsMax = 5

/** Who asks for a refresh again within this time has the last one. */
const refreshMillisMin = 1000

/** Of two keys the one that signs last takes over; of two that sign from the same moment one is chosen for good. */
const bySuccession = (left: SigningKey, right: SigningKey): number =>
  right.signsFrom - left.signsFrom || (left.kid < right.kid ? 1 : -1)

const isPublished = ({ publishedUntil }: SigningKey, now: number): boolean =>
  publishedUntil === undefined || now < publishedUntil

const signerOf = (keys: ReadonlyArray<SigningKey>, now: number): SigningKey | undefined =>
  keys.filter((key) => isPublished(key, now) && key.signsFrom <= now).sort(bySuccession)[0]

/** What is published at a moment, and until when that stays so. */
interface Published {
  readonly keys: ReadonlyArray<SigningKey>
  readonly untilMillis: number
}

/** The one that signs comes first. */
const publishedAt = (stored: ReadonlyArray<SigningKey>, now: number): Published => {
  const keys = stored.filter((key) => isPublished(key, now)).sort(bySuccession)
  const signer = signerOf(keys, now)
  const turns = keys
    .flatMap(({ signsFrom, publishedUntil }) => [signsFrom, publishedUntil ?? Number.POSITIVE_INFINITY])
    .filter((turn) => now < turn)
  return {
    keys: signer === undefined ? keys : [signer, ...keys.filter((key) => key !== signer)],
    untilMillis: Math.min(Number.POSITIVE_INFINITY, ...turns)
  }
}

const make = Effect.fnUntraced(function* (options: KeyRingOptions) {
  const { tenant, refreshSeconds, tokenLifeSeconds, algorithm = "ES256" } = options
  const store = yield* SigningKeyStore
  const oneAtATime = yield* Semaphore.make(1)
  let stored: ReadonlyArray<SigningKey> = []
  let published: Published = { keys: [], untilMillis: 0 }
  let refreshedAt = Number.NEGATIVE_INFINITY

  // Another process may sign with the key before for as long as it has not read the new one.
  const retirementSeconds = tokenLifeSeconds + skewSeconds + refreshSeconds
  const retirementAfter = (successor: SigningKey) => Instant.addMillis(successor.signsFrom, retirementSeconds * 1000)

  /** A new key takes over from what is known here, though it be made in the millisecond of another one. */
  const freeFrom = (from: Instant.Instant): Instant.Instant =>
    stored.some(({ signsFrom }) => signsFrom === from) ? freeFrom(Instant.addMillis(from, 1)) : from

  const add = Effect.fnUntraced(function* (signsFrom: Instant.Instant, createdAt: Instant.Instant) {
    const { kid, jwk } = yield* Effect.promise(() => generate(algorithm))
    const key: SigningKey = { kid, jwk: { ...jwk }, createdAt, signsFrom }
    yield* store.add(tenant, key)
    return key
  })

  /** Retires every key that another one succeeds, and removes those that are past it. */
  const due = (keys: ReadonlyArray<SigningKey>, now: number) => {
    const ordered = [...keys].sort(bySuccession)
    return ordered.flatMap((key, index) => {
      const successor = ordered[index - 1]
      if (!isPublished(key, now)) return [store.remove(tenant, key.kid)]
      return key.publishedUntil === undefined && successor !== undefined
        ? [store.retire(tenant, key.kid, retirementAfter(successor))]
        : []
    })
  }

  const inTime = <A>(work: Effect.Effect<A, UserStoreUnavailable | KeysUnavailable>) =>
    Effect.timeoutOrElse(work, {
      duration: `${answerSecondsMax} seconds`,
      orElse: () => Effect.fail(new UserStoreUnavailable({ reason: "the signing keys did not come in time" }))
    })

  const read = Effect.gen(function* () {
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    let current = yield* store.all(tenant)
    if (signerOf(current, now) === undefined) {
      yield* add(now, now)
      current = yield* store.all(tenant)
    }
    const steps = due(current, now)
    yield* Effect.all(steps, { discard: true })
    stored = steps.length === 0 ? current : yield* store.all(tenant)
    published = publishedAt(stored, now)
  }).pipe(
    inTime,
    // Failed or not: who waited for it does not try it again.
    Effect.ensuring(
      Effect.map(Clock.currentTimeMillis, (now) => {
        refreshedAt = now
      })
    )
  )

  const keys = Clock.clockWith((clock) =>
    Effect.sync(() => {
      const now = clock.currentTimeMillisUnsafe()
      if (now >= published.untilMillis) published = publishedAt(stored, now)
      return published.keys
    })
  )

  let isFailureTold = false
  const succeeded = Effect.suspend(() => {
    if (!isFailureTold) return Effect.void
    isFailureTold = false
    return Effect.logInfo("the signing keys are refreshed again")
  })
  const failed = (error: UserStoreUnavailable | KeysUnavailable) => {
    if (isFailureTold) return Effect.void
    isFailureTold = true
    return Effect.logWarning("the signing keys are not refreshed; those that are known stay", { reason: error.reason })
  }

  yield* read
  yield* oneAtATime.withPermit(read).pipe(
    Effect.andThen(succeeded),
    Effect.catch(failed),
    Effect.catchCause((cause) => Effect.logError("the refresh of the signing keys failed", cause)),
    Effect.delay(`${refreshSeconds} seconds`),
    Effect.repeat(Schedule.forever),
    Effect.forkScoped
  )

  return KeyRing.of({
    keys,
    refresh: oneAtATime.withPermit(
      Effect.flatMap(Clock.currentTimeMillis, (now) => (now - refreshedAt < refreshMillisMin ? Effect.void : read))
    ),
    rotate: Effect.fn("KeyRing.rotate")(function* (signsAfterSeconds: number) {
      const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
      const from = Instant.addMillis(now, signsAfterSeconds * 1000)
      const added = inTime(Effect.suspend(() => add(freeFrom(from), now)))
      return yield* oneAtATime.withPermit(Effect.tap(added, read))
    })
  })
})

/**
 * The keys of one bank over the `SigningKeyStore`: read when it is built, which fails where the store cannot be reached,
 * and then every `refreshSeconds`; while the store is away the keys that are known stay. The first start makes a key. Two
 * processes that start together may make one each: both are published and one of them goes on to sign.
 *
 * Rotate with at least `refreshSeconds`, so that every process publishes the key before the first token that it signed.
 */
export const layer = (
  options: KeyRingOptions
): Layer.Layer<KeyRing, UserStoreUnavailable | KeysUnavailable, SigningKeyStore> => Layer.effect(KeyRing, make(options))
