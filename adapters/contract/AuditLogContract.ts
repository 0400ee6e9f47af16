import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Context, Effect, Layer, ManagedRuntime, Schema } from "effect"
import { AuditEntry, AuditLog, type AuditQuery, AuditRecord } from "../../application/ports/AuditLog.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { CustomerId, SessionId, TypedId, UserId } from "../../domain/ids/index.ts"
import { randomUuid } from "./Desk.ts"

/** The log, and another store of the same log. */
interface Logs {
  readonly log: AuditLog["Service"]
  readonly other: AuditLog["Service"]
}

type Spec = (title: string, body: (logs: Logs) => Effect.Effect<void, unknown>) => void

const newId = (prefix: string): string => TypedId.fromBytes(prefix, randomUuid())

const noon = Instant.fromMillis(Date.UTC(2026, 10, 24, 12))

const tenant = TenantId.make("north")

/** A record with every field, of an actor of its own. */
const full = (): AuditRecord => {
  const user = UserId.make(newId("usr"))
  return {
    at: noon,
    tenant,
    actor: {
      id: `${user}/app`,
      user,
      customer: CustomerId.make(newId("cus")),
      roles: ["customer", "teller"],
      client: "app",
      session: SessionId.make(newId("ses"))
    },
    operation: "accounts.rename",
    objects: [newId("acc"), newId("txn")],
    outcome: "failed",
    code: "version_conflict",
    before: '{"name":"Días de 東京 🦫"}',
    after: '{"name":"\\u0000 \\" \\\\ {},"}',
    origin: { requestId: newId("req"), address: "2001:db8::1", userAgent: "curl/8", reason: 'Call of "Ann" {1,2} \\N' }
  }
}

/** A record with no field that may be absent. */
const bare = (id = newId("svc")): AuditRecord => ({
  at: noon,
  tenant,
  actor: { id, roles: [] },
  operation: "transfers.post",
  objects: [],
  outcome: "attempted",
  origin: { requestId: newId("req") }
})

const encodeEntry = Schema.encodeSync(Schema.fromJsonString(AuditEntry))
const encodeRecord = Schema.encodeSync(AuditRecord)

const recordOf = ({ sequence: _, hash: __, ...record }: AuditEntry): AuditRecord => record

const sequences = (entries: ReadonlyArray<AuditEntry>): ReadonlyArray<number> => entries.map(({ sequence }) => sequence)

const appendingSpecs = (spec: Spec): void => {
  spec("a log without entries has the head 0 and 64 zeros", ({ log }) =>
    Effect.gen(function* () {
      assert.deepEqual(yield* log.head, { sequence: 0, hash: "0".repeat(64) })
      assert.deepEqual(yield* log.search({ limit: 10 }), [])
    })
  )

  spec("a record is found as it was appended, in every detail", ({ log }) =>
    Effect.gen(function* () {
      for (const record of [full(), bare()]) {
        yield* log.append(record)
        const [entry, ...others] = yield* log.search({ actor: record.actor.id, limit: 10 })
        assert.ok(entry !== undefined && others.length === 0)
        assert.deepEqual(encodeRecord(recordOf(entry)), encodeRecord(record))
        assert.match(entry.hash, /^[0-9a-f]{64}$/u)
      }
    })
  )

  spec("a record with texts that no store keeps is kept without what is wrong with them", ({ log }) =>
    Effect.gen(function* () {
      const record = bare()
      const odd = {
        ...record,
        objects: ["acc\0\ud83dx", "x".repeat(10_000), 'a"b\\c{d},e', "NULL", "", " "],
        origin: { ...record.origin, requestId: "r\0q", reason: "why\0" }
      }
      yield* log.append(odd)
      const [entry] = yield* log.search({ actor: record.actor.id, limit: 1 })
      assert.deepEqual(entry?.objects, ["acc\u{fffd}\u{fffd}x", "x".repeat(200), 'a"b\\c{d},e', "NULL", "", " "])
      assert.deepEqual(entry?.origin, { requestId: "r\u{fffd}q", reason: "why\0" })
    })
  )

  spec("records follow one another in the order of appending, and the head is the last of them", ({ log }) =>
    Effect.gen(function* () {
      const { actor } = bare()
      const first = (yield* log.head).sequence
      for (let count = 0; count < 5; count++) yield* log.append({ ...bare(actor.id), code: `c${count}` })
      const entries = yield* log.search({ actor: actor.id, limit: 10 })
      assert.deepEqual(
        entries.map(({ sequence, code }) => [sequence, code]),
        [5, 4, 3, 2, 1].map((each) => [first + each, `c${each - 1}`])
      )
      assert.deepEqual(yield* log.head, { sequence: first + 5, hash: entries[0]?.hash })
      assert.equal(new Set(entries.map(({ hash }) => hash)).size, 5)
    })
  )

  spec("a record is durable when its appending comes back: another store of the log has it", ({ log, other }) =>
    Effect.gen(function* () {
      for (let count = 0; count < 5; count++) {
        const record = bare()
        yield* log.append(record)
        const [entry] = yield* other.search({ actor: record.actor.id, limit: 1 })
        assert.equal(entry?.origin.requestId, record.origin.requestId)
        assert.deepEqual(yield* other.head, { sequence: entry?.sequence, hash: entry?.hash })
      }
    })
  )

  spec("what two stores append at once is one chain without a gap, each record once", ({ log, other }) =>
    Effect.gen(function* () {
      const before = (yield* log.head).sequence
      const records = Array.from({ length: 400 }, (_, index) => ({ ...full(), code: `n${index}` }))
      yield* Effect.forEach(records, (record, index) => (index % 2 === 0 ? log : other).append(record), {
        concurrency: "unbounded",
        discard: true
      })
      const newest = yield* log.search({ limit: 200 })
      const oldest = yield* log.search({ limit: 200, after: newest.at(-1)?.sequence ?? 0 })
      const entries = [...newest, ...oldest]
      assert.deepEqual(
        sequences(entries),
        records.map((_, index) => before + records.length - index)
      )
      assert.deepEqual(entries.map(({ code }) => code).sort(), records.map(({ code }) => code).sort())
      assert.deepEqual(yield* log.head, { sequence: newest[0]?.sequence, hash: newest[0]?.hash })
    })
  )
}

const searchingSpecs = (spec: Spec): void => {
  spec("entries are found by actor, user, customer, operation, object and bank, and by all of them", ({ log }) =>
    Effect.gen(function* () {
      const record = full()
      yield* log.append(record)
      yield* log.append(full())
      const { actor, operation, objects } = record
      const found = (query: Omit<AuditQuery, "limit">) =>
        Effect.map(
          log.search({ ...query, limit: 10 }),
          (entries) => entries.filter(({ origin }) => origin.requestId === record.origin.requestId).length
        )
      const alone = (query: Omit<AuditQuery, "limit">) =>
        Effect.map(log.search({ ...query, limit: 10 }), (entries) => entries.length)
      for (const id of [actor.id, actor.user ?? "", actor.customer ?? ""]) {
        assert.equal(yield* found({ actor: id }), 1)
        assert.equal(yield* alone({ actor: id }), 1)
        assert.equal(yield* alone({ actor: id, operation: "kyc.submit" }), 0)
      }
      assert.equal(yield* found({ operation }), 1)
      for (const object of objects) assert.equal(yield* alone({ object }), 1)
      assert.equal(yield* alone({ object: newId("acc") }), 0)
      assert.equal(yield* found({ tenant }), 1)
      assert.equal(yield* alone({ actor: actor.id, tenant: TenantId.make("south") }), 0)
      const [object = ""] = objects
      const all = { tenant, actor: actor.id, operation, object, from: noon, before: Instant.addMillis(noon, 1) }
      assert.equal(yield* alone(all), 1)
      assert.equal(yield* alone({ ...all, operation: "accounts.close" }), 0)
      assert.equal(yield* alone({ ...all, object: newId("acc") }), 0)
    })
  )

  spec("an object that a record names twice finds it once", ({ log }) =>
    Effect.gen(function* () {
      const object = newId("acc")
      yield* log.append({ ...bare(), objects: [object, object] })
      assert.equal((yield* log.search({ object, limit: 10 })).length, 1)
    })
  )

  spec("entries are found by time, whatever the order in which they came: from is included, before is not", ({ log }) =>
    Effect.gen(function* () {
      const { actor } = bare()
      const hour = 3_600_000
      const times = [0, 5 * hour, -3 * hour, 5 * hour + 1, hour, -100_000 * hour].map((each) =>
        Instant.addMillis(noon, each)
      )
      for (const at of times) yield* log.append({ ...bare(actor.id), at })
      const found = (query: Omit<AuditQuery, "limit">) =>
        Effect.map(log.search({ actor: actor.id, ...query, limit: 10 }), (entries) =>
          entries.map(({ at }) => at - noon)
        )
      assert.deepEqual(yield* found({ from: noon }), [hour, 5 * hour + 1, 5 * hour, 0])
      assert.deepEqual(yield* found({ before: noon }), [-100_000 * hour, -3 * hour])
      const five = Instant.addMillis(noon, 5 * hour)
      assert.deepEqual(yield* found({ from: noon, before: five }), [hour, 0])
      assert.deepEqual(yield* found({ from: five, before: Instant.addMillis(five, 1) }), [5 * hour])
      assert.deepEqual(yield* found({ from: Instant.addMillis(five, 2) }), [])
      assert.deepEqual(yield* found({ before: Instant.addMillis(noon, -200_000 * hour) }), [])
    })
  )

  spec("pages have every entry once, newest first, while others are appended", ({ log }) =>
    Effect.gen(function* () {
      const { actor } = bare()
      const write = log.append(bare(actor.id))
      for (let count = 0; count < 7; count++) yield* write
      const first = yield* log.search({ actor: actor.id, limit: 3 })
      yield* write
      const second = yield* log.search({ actor: actor.id, limit: 3, after: first.at(-1)?.sequence ?? 0 })
      yield* write
      const third = yield* log.search({ actor: actor.id, limit: 3, after: second.at(-1)?.sequence ?? 0 })
      const newest = first[0]?.sequence ?? 0
      assert.deepEqual(
        [first, second, third].map(sequences),
        [[0, 1, 2], [3, 4, 5], [6]].map((page) => page.map((index) => newest - index))
      )
      const texts = [...first, ...second, ...third].map((entry) => encodeEntry(entry))
      const again = yield* log.search({ actor: actor.id, limit: 10, after: newest + 1 })
      assert.deepEqual(
        again.map((entry) => encodeEntry(entry)),
        texts
      )
    })
  )
}

/**
 * The suite that every implementation of the port `AuditLog` passes, for a `*.test.ts` to call. `makeLayer` gives a store
 * of an empty log, `otherLayer` another store of the same; where there is none, the log stands for both.
 */
export const auditLogContract = <E>(
  name: string,
  makeLayer: () => Layer.Layer<AuditLog, E>,
  otherLayer?: () => Layer.Layer<AuditLog, E>
): void => {
  describe(`${name} as an audit log`, () => {
    const runtime = ManagedRuntime.make(Layer.suspend(makeLayer))
    const otherRuntime = otherLayer === undefined ? runtime : ManagedRuntime.make(Layer.suspend(otherLayer))
    after(async () => {
      await runtime.dispose()
      await otherRuntime.dispose()
    })
    const spec: Spec = (title, body) => {
      test(title, async () => {
        const log = Context.get(await runtime.context(), AuditLog)
        const other = Context.get(await otherRuntime.context(), AuditLog)
        await Effect.runPromise(body({ log, other }))
      })
    }
    appendingSpecs(spec)
    searchingSpecs(spec)
  })
}
