/**
 * The audit log in PostgreSQL. `append` encrypts what is secret and waits for its batch: one statement, so one transaction
 * and one round trip, that locks the head, makes the chain and inserts up to 500 entries. Processes that append at once
 * take turns at that lock. A batch whose answer was lost is sent again, and not appended twice. `search` and `head` are one
 * statement each and take no lock.
 */
import { hash } from "node:crypto"
import { Clock, Effect, Layer } from "effect"
import { entryOf, secretOf, contentOf as storedOf } from "../../../application/audit/index.ts"
import { AuditLog, type AuditRecord, AuditUnavailable } from "../../../application/ports/AuditLog.ts"
import { FieldCipher, type KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { Ids } from "../../../application/ports/Ids.ts"
import { AuditChain, TenantId } from "../../../domain/identity/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bytesOf, intOf, type Row } from "../Fields.ts"
import { Postgres } from "../Postgres.ts"
import { hexOf } from "../Uuid.ts"
import { type Appending, appendParameters, appendSql, contentOf, sequenceOf } from "./EntryRows.ts"
import { groupCommit } from "./GroupCommit.ts"
import { searchStatement } from "./SearchQuery.ts"

export interface AuditLogOptions {
  /** Records that wait to be appended; one more is answered with AuditUnavailable. */
  readonly waitingMax: number
  /** Bytes of what waits. */
  readonly sizeWaitingMax: number
  /** Records appended together. */
  readonly batchMax: number
  /** Bytes appended together, unless one record has more. */
  readonly sizeBatchMax: number
  /** How long a record that nobody waits for may wait for the next that somebody does. */
  readonly patienceMs: number
  /** How often a batch is sent at most. */
  readonly attemptsMax: number
  readonly statementTimeoutMs: number
  readonly readConnectionsMax: number
  /** How long a closing log waits for what it accepted. */
  readonly closeTimeoutMs: number
}

export const defaultOptions: AuditLogOptions = {
  waitingMax: 20_000,
  sizeWaitingMax: 64 * 2 ** 20,
  batchMax: 500,
  sizeBatchMax: 4 * 2 ** 20,
  patienceMs: 20,
  attemptsMax: 3,
  statementTimeoutMs: 5000,
  readConnectionsMax: 2,
  closeTimeoutMs: 10_000
}

const role = "bank_audit"

/** How long to wait before a batch is sent again, times the attempts made. */
const pauseMs = 100

// A search finds its page by walking an index; a plan that sorts would read everything that an actor ever did.
const readSettings = {
  plan_cache_mode: "force_custom_plan",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_bitmapscan: "off",
  jit: "off"
} as const

const sha256: AuditChain.Sha256 = (bytes) => hash("sha256", bytes, "buffer")

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

const unavailable = ({ reason }: PostgresUnavailable | KeysUnavailable) => new AuditUnavailable({ reason })

/** What the encryption of an entry's secret part is bound to. */
const placeOf = (id: string): string => `audit.entry ${id}`

const make = Effect.fnUntraced(function* (options: AuditLogOptions) {
  const postgres = yield* Postgres
  const cipher = yield* FieldCipher
  const ids = yield* Ids
  const { statementTimeoutMs, attemptsMax } = options
  const writer = yield* postgres.pool({ name: "audit", role, connectionsMax: 1, statementTimeoutMs })
  const reader = yield* postgres.pool({
    name: "audit reader",
    role,
    connectionsMax: options.readConnectionsMax,
    statementTimeoutMs,
    settings: readSettings
  })

  const send = (batch: ReadonlyArray<Appending>) => {
    const parameters = appendParameters(batch)
    const attempt = (made: number): Effect.Effect<void, PostgresUnavailable> =>
      Effect.catch(Effect.asVoid(writer.query(appendSql, parameters)), (failure) =>
        made >= attemptsMax
          ? Effect.fail(failure)
          : Effect.andThen(Effect.sleep(pauseMs * made), () => attempt(made + 1))
      )
    return Effect.mapError(attempt(1), unavailable)
  }

  const full = () => new AuditUnavailable({ reason: "more records wait to be appended than are taken" })
  const group = groupCommit(options, send, full)
  yield* Effect.addFinalizer(() =>
    Effect.timeoutOrElse(group.settled, {
      duration: options.closeTimeoutMs,
      orElse: () => Effect.logError("the audit log was closed with records that are not appended")
    })
  )

  const entryIn = Effect.fnUntraced(function* (row: Row) {
    const content = contentOf(row)
    const { id, tenant, sealed } = content
    const secret =
      sealed === undefined
        ? undefined
        : decoder.decode(yield* cipher.decrypt(TenantId.make(tenant), placeOf(id), sealed))
    return entryOf({ sequence: sequenceOf(row), hash: hexOf(bytesOf(row, "hash")) }, content, secret)
  })

  // Not traced by itself: it is part of every write.
  const add = Effect.fnUntraced(function* (record: AuditRecord, isUrgent: boolean) {
    const id = hexOf(ids.next(yield* Clock.currentTimeMillis))
    const secret = secretOf(record)
    const sealed =
      secret === undefined
        ? undefined
        : yield* Effect.mapError(cipher.encrypt(record.tenant, placeOf(id), encoder.encode(secret)), unavailable)
    const content = storedOf(record, id, sealed)
    const bytes = AuditChain.bytesOf(content)
    yield* group.add({ content, digest: sha256(bytes) }, bytes.length, isUrgent)
  })

  return AuditLog.of({
    append: (record) => add(record, true),
    note: (record) => add(record, false),
    search: Effect.fn("AuditLog.search")(function* (query) {
      const { text, parameters } = searchStatement(query)
      const rows = yield* Effect.mapError(reader.query(text, parameters), unavailable)
      return yield* Effect.mapError(Effect.forEach(rows, entryIn), unavailable)
    }),
    head: Effect.gen(function* () {
      const [row] = yield* Effect.mapError(reader.query("select sequence, hash from audit.head"), unavailable)
      if (row === undefined) return yield* Effect.die(new Error("the audit log has no head"))
      return { sequence: intOf(row, "sequence"), hash: hexOf(bytesOf(row, "hash")) }
    })
  })
})

/** The audit log in PostgreSQL; the migrations must have run. */
export const layer = (
  options: Partial<AuditLogOptions> = {}
): Layer.Layer<AuditLog, never, Postgres | FieldCipher | Ids> =>
  Layer.effect(AuditLog, make({ ...defaultOptions, ...options }))
