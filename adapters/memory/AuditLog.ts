/** The audit log in memory: chained as the stored one is, with nothing encrypted. */
import { Effect, Layer } from "effect"
import { contentOf, entryOf, secretOf } from "../../application/audit/index.ts"
import { type AuditEntry, AuditLog, type AuditQuery, type AuditRecord } from "../../application/ports/AuditLog.ts"
import { AuditChain } from "../../domain/identity/index.ts"
import { sha256 } from "../../domain/proofs/index.ts"

const encoder = new TextEncoder()

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const matches = (entry: AuditEntry, { tenant, actor, operation, object, from, before, after }: AuditQuery): boolean =>
  (tenant === undefined || entry.tenant === tenant) &&
  (actor === undefined || [entry.actor.id, entry.actor.user, entry.actor.customer].some((id) => id === actor)) &&
  (operation === undefined || entry.operation === operation) &&
  (object === undefined || entry.objects.includes(object)) &&
  (from === undefined || entry.at >= from) &&
  (before === undefined || entry.at < before) &&
  (after === undefined || entry.sequence < after)

const make = Effect.sync(() => {
  const entries: Array<AuditEntry> = []
  let head = AuditChain.empty

  const append = (record: AuditRecord) =>
    Effect.sync(() => {
      const secret = secretOf(record)
      const id = (head.sequence + 1).toString(16).padStart(32, "0")
      const content = contentOf(record, id, secret === undefined ? undefined : encoder.encode(secret))
      head = AuditChain.extended(head, AuditChain.digestOf(content, sha256), sha256)
      entries.push(entryOf({ sequence: head.sequence, hash: hexOf(head.hash) }, content, secret))
    })

  return AuditLog.of({
    append,
    note: append,
    search: (query) =>
      Effect.sync(() =>
        entries
          .filter((entry) => matches(entry, query))
          .reverse()
          .slice(0, query.limit)
      ),
    head: Effect.sync(() => ({ sequence: head.sequence, hash: hexOf(head.hash) }))
  })
})

/** An empty audit log over a plain array; a search looks at all of it. */
export const layer: Layer.Layer<AuditLog> = Layer.effect(AuditLog, make)
