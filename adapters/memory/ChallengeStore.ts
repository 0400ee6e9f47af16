import { Effect, Layer } from "effect"
import { type Challenge, type ChallengeKind, ChallengeStore } from "../../application/ports/UserStore.ts"
import type { Instant } from "../../domain/calendar/index.ts"

const keyOf = (kind: ChallengeKind, digest: string): string => `${kind} ${digest}`

const make = Effect.sync(() => {
  const rows = new Map<string, Challenge>()

  const unexpired = (key: string, now: Instant.Instant): Challenge | undefined => {
    const row = rows.get(key)
    return row !== undefined && now < row.expiresAt ? row : undefined
  }

  return ChallengeStore.of({
    insert: (challenge) =>
      Effect.sync(() => {
        const { kind, user, digest } = challenge
        if (user !== undefined)
          for (const [key, row] of rows) if (row.kind === kind && row.user === user) rows.delete(key)
        rows.set(keyOf(kind, digest), challenge)
      }),
    attempt: (kind, digest, now) =>
      Effect.sync(() => {
        const key = keyOf(kind, digest)
        const row = unexpired(key, now)
        if (row === undefined || row.attemptsLeft <= 0) return undefined
        const attempted = { ...row, attemptsLeft: row.attemptsLeft - 1 }
        rows.set(key, attempted)
        return attempted
      }),
    take: (kind, digest, now) =>
      Effect.sync(() => {
        const key = keyOf(kind, digest)
        const row = unexpired(key, now)
        if (row !== undefined) rows.delete(key)
        return row
      }),
    end: (user, kinds) =>
      Effect.sync(() => {
        for (const [key, row] of rows)
          if ((row.user === user || row.owner === user) && kinds.includes(row.kind)) rows.delete(key)
      })
  })
})

/** The challenges' port over a plain map. */
export const layer: Layer.Layer<ChallengeStore> = Layer.effect(ChallengeStore, make)
