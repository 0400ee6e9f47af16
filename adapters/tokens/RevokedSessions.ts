/**
 * The sessions that were revoked while a token of theirs may still be out, from memory. One query a second asks the store
 * what came since; it is asked some seconds further back, because what was committed late bears an earlier time. There are
 * as many of them as are revoked within 11 minutes.
 */
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { SessionId } from "../../domain/ids/index.ts"
import { skewSeconds, tokenLifeSecondsMax } from "./Lifetime.ts"

/** Sessions whose tokens are not accepted any more, although they have not expired. */
export class RevokedSessions extends Context.Service<
  RevokedSessions,
  {
    readonly has: (session: SessionId) => boolean
    /** Tells of sessions that were revoked here, before the store does. */
    readonly add: (sessions: ReadonlyArray<SessionId>) => Effect.Effect<void>
  }
>()("bank/adapters/tokens/RevokedSessions") {}

/** A store that does not answer for so long is not available. */
const answerSecondsMax = 5

/** How long the store may be away before that is told. */
const silenceMillisMax = 30_000

/** How much later than its time says a revocation may appear in the store: clocks apart, commits under way. */
const lateMillisMax = 30_000

/** Afterwards every token that the session had has expired. */
const rememberedMillis = (tokenLifeSecondsMax + 2 * skewSeconds) * 1000 + lateMillisMax

/** Rows that the store gives at once, and how often it is asked for more in one poll. */
const pageMax = 10_000
const pagesMax = 100

const make = Effect.fnUntraced(function* (pollSeconds: number) {
  const store = yield* SessionStore
  /** When each may be forgotten. */
  const revoked = new Map<SessionId, number>()
  let newest = 0
  let answeredAt = 0
  let isSilenceTold = false

  const poll = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [session, until] of revoked) if (until <= now) revoked.delete(session)
    let since = Math.max(Math.min(newest, now) - lateMillisMax, now - rememberedMillis)
    for (let page = 0; page < pagesMax; page++) {
      const rows = yield* store.revokedSince(Instant.fromMillis(since))
      for (const { session, at } of rows) {
        revoked.set(session, at + rememberedMillis)
        newest = Math.max(newest, at)
      }
      const last = rows.at(-1)
      if (rows.length < pageMax || last === undefined) break
      // Others of its millisecond may be on the next page.
      since = Math.max(last.at - 1, since + 1)
    }
    if (isSilenceTold) yield* Effect.logInfo("revoked sessions are known again")
    isSilenceTold = false
    answeredAt = now
  }).pipe(
    Effect.timeoutOrElse({
      duration: `${answerSecondsMax} seconds`,
      orElse: () => Effect.fail(new UserStoreUnavailable({ reason: "the revoked sessions did not come in time" }))
    })
  )

  const told = Effect.fnUntraced(function* (error: UserStoreUnavailable) {
    const now = yield* Clock.currentTimeMillis
    if (isSilenceTold || now - answeredAt <= silenceMillisMax) return
    isSilenceTold = true
    yield* Effect.logWarning("revoked sessions are not known: their tokens are accepted until they expire", {
      reason: error.reason
    })
  })

  yield* poll
  yield* poll.pipe(
    Effect.catch(told),
    Effect.catchCause((cause) => Effect.logError("the poll for revoked sessions failed", cause)),
    Effect.delay(`${pollSeconds} seconds`),
    Effect.repeat(Schedule.forever),
    Effect.forkScoped
  )

  return RevokedSessions.of({
    has: (session) => revoked.has(session),
    add: (sessions) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const session of sessions) revoked.set(session, now + rememberedMillis)
      })
  })
})

/**
 * Polls the `SessionStore` every `pollSeconds`, and when it is built, which fails where the store cannot be reached. If the
 * store is away later, tokens go on to be accepted, and so those of sessions that were revoked meanwhile, until they
 * expire, 10 minutes at most: to refuse everybody would end the bank's service with its store of users. After 30 seconds
 * of that there is a warning.
 */
export const layer = (pollSeconds: number): Layer.Layer<RevokedSessions, UserStoreUnavailable, SessionStore> =>
  Layer.effect(RevokedSessions, make(pollSeconds))

/** The session store with one more effect: what is revoked through it ends in this process at once. */
export const announced: Layer.Layer<SessionStore, never, SessionStore | RevokedSessions> = Layer.effect(
  SessionStore,
  Effect.gen(function* () {
    const store = yield* SessionStore
    const { add } = yield* RevokedSessions
    return SessionStore.of({
      ...store,
      revoke: (user, which, now) => Effect.tap(store.revoke(user, which, now), add)
    })
  })
)
