import { Effect, Layer } from "effect"
import { SessionNotFound, SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { Session } from "../../domain/identity/index.ts"
import type { SessionId, UserId } from "../../domain/ids/index.ts"

const openMax = 100
const revokedMax = 10_000

const isOver = ({ expiresAt }: Session.Session, now: Instant.Instant): boolean => expiresAt <= now

const newestFirst = (left: Session.Session, right: Session.Session): number =>
  left.id < right.id ? 1 : left.id > right.id ? -1 : 0

const make = Effect.sync(() => {
  const rows = new Map<SessionId, Session.Session>()

  const rowOf = (sessionId: SessionId): Effect.Effect<Session.Session, SessionNotFound> =>
    Effect.suspend(() => {
      const row = rows.get(sessionId)
      return row === undefined ? Effect.fail(new SessionNotFound({ sessionId })) : Effect.succeed(row)
    })

  const unrevoked = (user: UserId): ReadonlyArray<Session.Session> =>
    [...rows.values()].filter((row) => row.user === user && row.revokedAt === undefined).sort(newestFirst)

  return SessionStore.of({
    insert: (session) =>
      Effect.suspend(() => {
        if (rows.has(session.id)) return Effect.die(new Error(`session ${session.id} was stored before`))
        rows.set(session.id, session)
        return Effect.void
      }),
    find: rowOf,
    of: (user, now) =>
      Effect.sync(() =>
        unrevoked(user)
          .filter((row) => !isOver(row, now))
          .slice(0, openMax)
      ),
    save: ({ id, methods, assurance, authenticatedAt, lastSeenAt, expiresAt }) =>
      Effect.map(rowOf(id), (row) => {
        rows.set(id, { ...row, methods, assurance, authenticatedAt, lastSeenAt, expiresAt })
      }),
    touch: (id, lastSeenAt, expiresAt) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row !== undefined)
          rows.set(id, {
            ...row,
            lastSeenAt: Instant.fromMillis(Math.max(row.lastSeenAt, lastSeenAt)),
            expiresAt: Instant.fromMillis(Math.max(row.expiresAt, expiresAt))
          })
      }),
    revoke: (user, which, now) =>
      Effect.sync(() => {
        // One that is over is revoked too: a request that began before its end may still extend it.
        const ended = unrevoked(user).filter(({ id }) => ("only" in which ? id === which.only : id !== which.except))
        for (const { address: _, userAgent: __, ...row } of ended) rows.set(row.id, { ...row, revokedAt: now })
        return ended.filter((row) => !isOver(row, now)).map(({ id }) => id)
      }),
    forget: (user) =>
      Effect.sync(() => {
        const own = [...rows.values()].filter((row) => row.user === user).sort(newestFirst)
        for (const { address: _, userAgent: __, ...rest } of own) rows.set(rest.id, rest)
        return own.map(({ id }) => id)
      }),
    revokedSince: (since) =>
      Effect.sync(() =>
        [...rows.values()]
          .flatMap(({ id: session, revokedAt: at }) => (at !== undefined && at > since ? [{ session, at }] : []))
          .sort((left, right) => left.at - right.at || (left.session < right.session ? -1 : 1))
          .slice(0, revokedMax)
      )
  })
})

/** The sessions' port over a plain map. */
export const layer: Layer.Layer<SessionStore> = Layer.effect(SessionStore, make)
