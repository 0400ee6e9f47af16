import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Cause, Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import postgres from "postgres"
import { AuditLog, type AuditRecord } from "../../../application/ports/AuditLog.ts"
import { FieldCipher, KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { TenantId } from "../../../domain/identity/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import { lossyProxy } from "../ledger/proxy.fixture.ts"
import { layer as postgresLayer } from "../Postgres.ts"
import { verifyAudit } from "../verify/Audit.ts"
import * as PostgresAuditLog from "./AuditLog.ts"
import { cipherForTests } from "./cipher.fixture.ts"
import { groupCommit } from "./GroupCommit.ts"

const timeout = 60_000

const record = (code: string): AuditRecord => ({
  at: Instant.fromMillis(Date.UTC(2026, 10, 24)),
  tenant: TenantId.make("north"),
  actor: { id: "svc", roles: ["service"] },
  operation: "transfers.post",
  objects: ["acc_1"],
  outcome: "attempted",
  code,
  before: "the balance is 42",
  origin: { requestId: "r1", address: "203.0.113.7", userAgent: "curl/8", reason: "asked by Ann" }
})

const append = (code: string) => Effect.flatMap(AuditLog, (log) => log.append(record(code)))

describe("appending to the audit log in PostgreSQL", { timeout }, () => {
  let url = ""
  let drop = async () => {}
  let sql: postgres.Sql

  const layer = (options: Partial<PostgresAuditLog.AuditLogOptions> = {}, at = url, cipher = cipherForTests) =>
    Layer.provide(PostgresAuditLog.layer(options), Layer.mergeAll(migrated(at), cipher, idsForTests))

  before(async () => {
    const database = await createDatabase()
    ;({ url, drop } = database)
    sql = postgres(url, { max: 1, onnotice: () => {} })
  })
  after(async () => {
    await sql.end()
    await drop()
  })

  const countOf = async (code: string): Promise<number> => {
    const [row] = await sql`select count(*)::integer as count from audit.entry where code = ${code}`
    return Number(row?.count)
  }

  test("what is secret is encrypted, bound to its entry; the rest is plain", async () => {
    await Effect.runPromise(Effect.provide(append("plain"), layer()))
    const [row] = await sql`select e.*, replace(id::text, '-', '') as bare from audit.entry e where code = 'plain'`
    const stored = Buffer.from(row?.sealed)
    for (const text of ["42", "203.0.113.7", "curl", "Ann"]) assert.ok(!stored.includes(text), text)
    const open = (place: string) =>
      Effect.runPromise(
        Effect.exit(
          Effect.provide(
            Effect.flatMap(FieldCipher, (cipher) => cipher.decrypt(TenantId.make("north"), place, stored)),
            cipherForTests
          )
        )
      )
    const plain = await open(`audit.entry ${row?.bare}`)
    assert.ok(Exit.isSuccess(plain))
    assert.deepEqual(JSON.parse(Buffer.from(plain.value).toString()), {
      before: "the balance is 42",
      address: "203.0.113.7",
      userAgent: "curl/8",
      reason: "asked by Ann"
    })
    assert.ok(Exit.isFailure(await open("audit.entry 00000000000000000000000000000000")))
    assert.deepEqual([row?.actor, row?.operation, row?.objects], ["svc", "transfers.post", ["acc_1"]])
  })

  test("the role of the log adds to it, and neither changes nor removes what is there; no other role sees it", async () => {
    const denied = async (role: string, statement: string): Promise<boolean> => {
      const outcome = await sql
        .begin(async (begun) => {
          await begun.unsafe(`set local role ${role}`)
          await begun.unsafe(statement)
        })
        .then(
          () => "",
          (cause: unknown) => (cause instanceof postgres.PostgresError ? cause.code : String(cause))
        )
      return outcome === "42501"
    }
    for (const table of ["entry", "object"]) {
      assert.equal(await denied("bank_audit", `select from audit.${table}`), false)
      assert.ok(await denied("bank_audit", `update audit.${table} set sequence = sequence`), table)
      assert.ok(await denied("bank_ledger", `select from audit.${table}`), table)
    }
    for (const table of ["entry", "object", "span", "head"]) {
      assert.ok(await denied("bank_audit", `delete from audit.${table}`), table)
      assert.ok(await denied("bank_audit", `truncate audit.${table}`), table)
    }
    assert.ok(await denied("bank_audit", "insert into audit.head (sequence, hash) values (1, '')"))
    assert.ok(await denied("bank_audit", "select from ledger.entry"))
    const nulls = Array.from({ length: 18 }, () => "null").join(", ")
    assert.ok(await denied("bank_ledger", `select audit.append(${nulls})`))
  })

  test("a batch whose answer was lost is appended once, and its appending comes back", { timeout }, async () => {
    const proxy = await lossyProxy(url)
    const lost = Effect.gen(function* () {
      yield* append("before")
      proxy.silence("audit")
      const appending = yield* Effect.forkChild(append("lost"))
      // It is committed, and its answer does not come: then the connection breaks.
      yield* Effect.promise(async () => {
        while ((await countOf("lost")) === 0) await new Promise((resolve) => setImmediate(resolve))
      })
      proxy.cut()
      yield* Fiber.join(appending)
      yield* append("after")
    })
    await Effect.runPromise(Effect.provide(lost, layer({}, proxy.url)))
    await proxy.close()
    assert.deepEqual([await countOf("before"), await countOf("lost"), await countOf("after")], [1, 1, 1])
    const [head] = await sql`select h.sequence = (select count(*) from audit.entry) as whole from audit.head h`
    assert.equal(head?.whole, true)
  })

  test("verification finds nothing beside two banks that append, and nothing after them", { timeout }, async () => {
    const appending = (bank: number) =>
      Effect.forEach(
        Array.from({ length: 1500 }, (_, index) => `bank ${bank}, ${index}`),
        append,
        { concurrency: 100, discard: true }
      )
    const verifying = Effect.gen(function* () {
      const banks = yield* Effect.forkChild(
        Effect.all(
          [1, 2].map((bank) => Effect.provide(appending(bank), layer())),
          { concurrency: "unbounded" }
        )
      )
      const lengths: Array<number> = []
      for (let turn = 0; turn < 5; turn++) {
        const { findings, head } = yield* verifyAudit()
        assert.deepEqual(findings, [])
        lengths.push(head.sequence)
      }
      yield* Fiber.join(banks)
      const { findings, head } = yield* verifyAudit()
      assert.deepEqual(findings, [])
      assert.ok(head.sequence >= 3000 && lengths.every((each) => each <= head.sequence), lengths.join(", "))
    })
    await Effect.runPromise(Effect.provide(verifying, postgresLayer({ url })))
  })

  test("without a database, and without keys, nothing is appended and that is said", { timeout }, async () => {
    const keyless = Layer.succeed(
      FieldCipher,
      FieldCipher.of({
        encrypt: () => Effect.fail(new KeysUnavailable({ reason: "sealed" })),
        decrypt: () => Effect.fail(new KeysUnavailable({ reason: "sealed" })),
        blindIndex: () => Effect.die("unused"),
        rotate: () => Effect.die("unused")
      })
    )
    const failed = await Effect.runPromise(Effect.provide(Effect.flip(append("keyless")), layer({}, url, keyless)))
    assert.ok(failed._tag === "AuditUnavailable" && failed.reason === "sealed", failed._tag)
    const proxy = await lossyProxy(url)
    const gone = Effect.gen(function* () {
      yield* append("there")
      yield* Effect.promise(proxy.close)
      return yield* Effect.flip(append("gone"))
    })
    const error = await Effect.runPromise(Effect.provide(gone, layer({ attemptsMax: 2 }, proxy.url)))
    assert.equal(error._tag, "AuditUnavailable")
    assert.deepEqual([await countOf("keyless"), await countOf("gone")], [0, 0])
  })

  test("a record that nobody waits for is appended before the one after it, in one transaction", async () => {
    const noted = Effect.gen(function* () {
      const log = yield* AuditLog
      yield* Effect.forkDetach(log.note(record("noted")), { startImmediately: true })
      yield* log.append(record("noted"))
    })
    await Effect.runPromise(Effect.provide(noted, layer({ patienceMs: timeout })))
    const rows = await sql`select xmin::text as transaction from audit.entry where code = 'noted'`
    assert.equal(rows.length, 2)
    assert.equal(rows[0]?.transaction, rows[1]?.transaction)
  })

  test("records that wait when the log is closed are appended before it is", { timeout }, async () => {
    const closing = Effect.gen(function* () {
      const log = yield* AuditLog
      for (let count = 0; count < 50; count++) yield* Effect.forkDetach(log.append(record("closing")))
      yield* log.append(record("closing"))
      for (let count = 0; count < 50; count++) yield* Effect.forkDetach(log.note(record("closing")))
      yield* Effect.yieldNow
    })
    await Effect.runPromise(Effect.provide(closing, layer()))
    assert.equal(await countOf("closing"), 101)
  })
})

describe("a group commit", () => {
  const bounds = { waitingMax: 3, sizeWaitingMax: 100, batchMax: 2, sizeBatchMax: 50, patienceMs: 20 }

  /** A writer that goes on when it is let. */
  const gated = () => {
    const batches: Array<ReadonlyArray<string>> = []
    const gate = Deferred.makeUnsafe<void, string>()
    const write = (items: ReadonlyArray<string>) => {
      batches.push(items)
      return Deferred.await(gate)
    }
    return { batches, gate, group: groupCommit(bounds, write, () => "full") }
  }

  test("writes what came meanwhile together, in order, and refuses more than its bound", async () => {
    const { batches, gate, group } = gated()
    const outcomes = await Effect.runPromise(
      Effect.gen(function* () {
        const fibers = []
        for (const item of ["a", "b", "c", "d", "e"]) {
          fibers.push(yield* Effect.forkChild(Effect.result(group.add(item, 1)), { startImmediately: true }))
          yield* Effect.yieldNow
        }
        yield* Deferred.succeed(gate, undefined)
        return yield* Effect.forEach(fibers, Fiber.join)
      })
    )
    assert.deepEqual(batches, [["a"], ["b", "c"], ["d"]])
    assert.deepEqual(
      outcomes.map(({ _tag }) => _tag),
      ["Success", "Success", "Success", "Success", "Failure"]
    )
  })

  test("goes on writing when who waits is interrupted", async () => {
    const { batches, gate, group } = gated()
    await Effect.runPromise(
      Effect.gen(function* () {
        const first = yield* Effect.forkChild(group.add("a", 1), { startImmediately: true })
        const second = yield* Effect.forkChild(group.add("b", 1), { startImmediately: true })
        yield* Fiber.interrupt(first)
        yield* Fiber.interrupt(second)
        yield* Deferred.succeed(gate, undefined)
        yield* group.add("c", 1)
        yield* group.settled
      })
    )
    assert.deepEqual(batches.flat(), ["a", "b", "c"])
  })

  test("writes what is not urgent with what is, in the order of coming", async () => {
    const { batches, gate, group } = gated()
    await Effect.runPromise(
      Effect.gen(function* () {
        yield* Deferred.succeed(gate, undefined)
        const patient = yield* Effect.forkChild(group.add("a", 1, false), { startImmediately: true })
        yield* TestClock.adjust(19)
        assert.deepEqual(batches, [])
        yield* group.add("b", 1)
        yield* Fiber.join(patient)
      }).pipe(Effect.provide(TestClock.layer()))
    )
    assert.deepEqual(batches, [["a", "b"]])
  })

  test("writes what is not urgent when its patience has run out, or when all is to be settled", async () => {
    const { batches, gate, group } = gated()
    await Effect.runPromise(
      Effect.gen(function* () {
        yield* Deferred.succeed(gate, undefined)
        const first = yield* Effect.forkChild(group.add("a", 1, false), { startImmediately: true })
        yield* TestClock.adjust(20)
        yield* Fiber.join(first)
        assert.deepEqual(batches, [["a"]])
        const second = yield* Effect.forkChild(group.add("b", 1, false), { startImmediately: true })
        yield* group.settled
        yield* Fiber.join(second)
      }).pipe(Effect.provide(TestClock.layer()))
    )
    assert.deepEqual(batches, [["a"], ["b"]])
  })

  test("bounds the bytes of a batch and of what waits, but takes a large item alone", async () => {
    const { batches, gate, group } = gated()
    const outcomes = await Effect.runPromise(
      Effect.gen(function* () {
        const fibers = []
        for (const [item, size] of [
          ["a", 500],
          ["b", 30],
          ["c", 30],
          ["d", 60]
        ] as const) {
          fibers.push(yield* Effect.forkChild(Effect.result(group.add(item, size)), { startImmediately: true }))
          yield* Effect.yieldNow
        }
        yield* Deferred.succeed(gate, undefined)
        return yield* Effect.forEach(fibers, Fiber.join)
      })
    )
    assert.deepEqual(batches, [["a"], ["b"], ["c"]])
    assert.equal(outcomes.filter(({ _tag }) => _tag === "Failure").length, 1)
  })

  test("tells a failure, and a defect, to all of the batch, and goes on", async () => {
    let calls = 0
    const write = () => {
      calls++
      if (calls === 1) return Effect.fail("lost")
      return calls === 2 ? Effect.die(new Error("broken")) : Effect.void
    }
    const group = groupCommit(bounds, write, () => "full")
    const exits = await Effect.runPromise(
      Effect.gen(function* () {
        const exits = []
        for (let count = 0; count < 3; count++) exits.push(yield* Effect.exit(group.add("x", 1)))
        yield* group.settled
        return exits
      })
    )
    const [first, second, third] = exits
    assert.ok(first !== undefined && Exit.isFailure(first) && Cause.hasFails(first.cause))
    assert.ok(second !== undefined && Exit.isFailure(second) && Cause.hasDies(second.cause))
    assert.ok(third !== undefined && Exit.isSuccess(third))
  })
})
