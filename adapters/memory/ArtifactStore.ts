import { Clock, Effect, Layer } from "effect"
import { type Artifact, ArtifactStore } from "../../application/ports/Tokens.ts"

/** How long a grant that ended is kept in mind: whatever was under way when it ended is over long before. */
const endedMillis = 30 * 86_400_000

const listMax = 1000

const keyOf = (model: string, id: string): string => `${model} ${id}`

const byId = (left: Artifact, right: Artifact): number => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

const isLive = ({ expiresAt }: Artifact, now: number): boolean => expiresAt === undefined || now < expiresAt

const make = Effect.sync(() => {
  const rows = new Map<string, Artifact>()
  /** Grants that ended, and until when that is kept in mind. */
  const ended = new Map<string, number>()

  const hasEnded = (grantId: string | undefined, now: number): boolean =>
    grantId !== undefined && now < (ended.get(grantId) ?? 0)

  const at = <A>(answer: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, answer)

  /** The one that was stored last of those that match. */
  const last = (now: number, matches: (row: Artifact) => boolean): Artifact | undefined =>
    [...rows.values()].findLast((row) => isLive(row, now) && matches(row))

  return ArtifactStore.of({
    upsert: (artifact) =>
      at((now) => {
        if (hasEnded(artifact.grantId, now)) return
        const key = keyOf(artifact.model, artifact.id)
        // What was used stays so, whoever writes it again.
        const consumedAt = rows.get(key)?.consumedAt ?? artifact.consumedAt
        rows.delete(key)
        rows.set(key, consumedAt === undefined ? artifact : { ...artifact, consumedAt })
      }),
    find: (model, id) =>
      at((now) => {
        const row = rows.get(keyOf(model, id))
        return row !== undefined && isLive(row, now) ? row : undefined
      }),
    findByUid: (model, uid) => at((now) => last(now, (row) => row.model === model && row.uid === uid)),
    findByUserCode: (model, userCode) =>
      at((now) => last(now, (row) => row.model === model && row.userCode === userCode)),
    consume: (model, id, now) =>
      at((present) => {
        const key = keyOf(model, id)
        const row = rows.get(key)
        if (row === undefined || !isLive(row, present) || row.consumedAt !== undefined) return false
        rows.set(key, { ...row, consumedAt: now })
        return true
      }),
    destroy: (model, id) =>
      Effect.sync(() => {
        rows.delete(keyOf(model, id))
      }),
    revokeGrant: (grantId) =>
      at((now) => {
        for (const [grant, until] of ended) if (until <= now) ended.delete(grant)
        ended.set(grantId, now + endedMillis)
        for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key)
      }),
    list: (model) =>
      at((now) =>
        [...rows.values()]
          .filter((row) => row.model === model && isLive(row, now))
          .sort(byId)
          .slice(0, listMax)
      )
  })
})

/** The artifacts' port over a plain map. */
export const layer: Layer.Layer<ArtifactStore> = Layer.effect(ArtifactStore, make)
