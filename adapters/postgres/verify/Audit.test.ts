import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { AuditLog, type AuditRecord } from "../../../application/ports/AuditLog.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { type AuditChain, TenantId } from "../../../domain/identity/index.ts"
import { CustomerId, SessionId, TypedId, UserId } from "../../../domain/ids/index.ts"
import { layer as auditLogLayer } from "../audit/AuditLog.ts"
import { cipherForTests } from "../audit/cipher.fixture.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import { layer as postgresLayer } from "../Postgres.ts"
import { verifyAudit } from "./Audit.ts"

const timeout = 60_000

const id = (prefix: string, index: number): string =>
  TypedId.fromUuid(prefix, `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`)

/** Entries of the log: more than two pages of verification. */
const entries = 1203

const recordOf = (index: number): AuditRecord => ({
  at: Instant.fromMillis(Date.UTC(2026, 10, 24) + index * 1000),
  tenant: TenantId.make("north"),
  actor: {
    id: id("svc", index % 7),
    user: UserId.make(id("usr", index)),
    customer: CustomerId.make(id("cus", index)),
    roles: ["customer"],
    client: "app",
    session: SessionId.make(id("ses", index))
  },
  operation: "transfers.post",
  objects: [id("acc", index % 5), id("acc", 9)],
  outcome: "failed",
  code: "insufficient_funds",
  before: `{"index":${index}}`,
  origin: { requestId: `r${index}`, address: "203.0.113.7" }
})

/** Each column of each table with an edit that its type and checks allow. */
const edits: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  entry: {
    sequence: "sequence + 100000",
    id: "gen_random_uuid()",
    at: "at + interval '1 microsecond'",
    tenant: "'south'",
    actor: "'svc_other'",
    user_id: "null",
    customer: "null",
    roles: "array_append(roles, 'operator')",
    client: "coalesce(client, '') || 'x'",
    session: "null",
    operation: "'transfers.postBatch'",
    objects: "array[objects[2], objects[1]]",
    outcome: "'done'",
    code: "null",
    request_id: "request_id || 'x'",
    sealed: "set_byte(sealed, 15, get_byte(sealed, 15) # 1)",
    hash: "set_byte(hash, 5, get_byte(hash, 5) # 1)"
  },
  object: { object: "'acc_other'", sequence: "sequence + 100000" },
  span: { minutes: "61 - minutes", number: "number + 100000", first: "first + 1", last: "last - 1" },
  head: {
    sequence: "sequence - 1",
    hash: "set_byte(hash, 5, get_byte(hash, 5) # 1)"
  }
}

const tables = Object.keys(edits)

describe("verification of the audit log", { timeout }, () => {
  let url = ""
  let drop = async () => {}
  let sql: postgres.Sql
  let kept: AuditChain.Head

  const verified = (head?: AuditChain.Head) =>
    Effect.runPromise(Effect.provide(verifyAudit(head), postgresLayer({ url })))

  const places = async (head?: AuditChain.Head): Promise<ReadonlyArray<string>> =>
    (await verified(head)).findings.map(({ place, detail }) => `${place} ${detail}`)

  /** Does something to the stored rows, hands over what verification finds, and puts the tables back as they were. */
  const tampered = async (text: string, head?: AuditChain.Head): Promise<ReadonlyArray<string>> => {
    await sql.unsafe(text)
    const found = await places(head)
    for (const table of tables)
      await sql.unsafe(`truncate audit.${table}; insert into audit.${table} select * from saved.${table}`)
    return found
  }

  before(
    async () => {
      const database = await createDatabase()
      ;({ url, drop } = database)
      const filled = Effect.gen(function* () {
        const log = yield* AuditLog
        for (let index = 0; index < 3; index++) yield* log.append(recordOf(index))
        const records = Array.from({ length: entries - 3 }, (_, index) => recordOf(index + 3))
        yield* Effect.forEach(records, log.append, { concurrency: "unbounded", discard: true })
      })
      const layer = Layer.provide(auditLogLayer(), Layer.mergeAll(migrated(url), cipherForTests, idsForTests))
      await Effect.runPromise(Effect.provide(filled, layer))
      sql = postgres(url, { max: 1, onnotice: () => {} })
      await sql`create schema saved`
      for (const table of tables) await sql.unsafe(`create table saved.${table} as table audit.${table}`)
      kept = (await verified()).head
    },
    { timeout }
  )
  after(async () => {
    await sql.end()
    await drop()
  })

  test("finds nothing in what was written, and gives its length and the hash of its end", async () => {
    const { findings, head } = await verified(kept)
    assert.deepEqual(findings, [])
    const [row] = await sql`select sequence::integer, hash from audit.head`
    assert.deepEqual([head.sequence, Buffer.from(head.hash)], [row?.sequence, Buffer.from(row?.hash)])
    assert.equal(head.sequence, entries)
  })

  test("the edits name every column of every table of the log", async () => {
    const columns = await sql`select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'audit' and column_name <> 'is_head'`
    const named = Object.entries(edits).flatMap(([table, of]) => Object.keys(of).map((column) => `${table}.${column}`))
    assert.deepEqual(named.sort(), columns.map(({ name }) => name).sort())
  })

  for (const [column, value] of Object.entries(edits.entry ?? {}))
    test(`finds another ${column} in the first, a middle and the last entry, and names it`, { timeout }, async () => {
      for (const sequence of [1, 601, entries]) {
        const found = await tampered(`update audit.entry set ${column} = ${value} where sequence = ${sequence}`)
        const named = column === "sequence" ? sequence + 100_000 : sequence
        assert.ok(
          found.some((each) => each.startsWith(`audit entry ${named} `)),
          found.join("; ")
        )
      }
    })

  for (const table of ["object", "span", "head"])
    for (const [column, value] of Object.entries(edits[table] ?? {}))
      test(`finds another ${column} in a row of audit.${table}`, { timeout }, async () => {
        const row = `ctid = (select max(ctid) from audit.${table})`
        const clash = column === "minutes" ? ", number = number + 100000" : ""
        assert.notDeepEqual(await tampered(`update audit.${table} set ${column} = ${value}${clash} where ${row}`), [])
      })

  test("finds that the first, a middle and the last entry is gone", { timeout }, async () => {
    for (const [sequence, finding] of [
      [1, "audit entry 2 does not follow the entry before it: one is missing"],
      [700, "audit entry 701 does not follow the entry before it: one is missing"],
      [entries, `audit.head counts ${entries} entries, the log ends with entry ${entries - 1}`]
    ] as const) {
      const found = await tampered(`delete from audit.entry where sequence = ${sequence}`)
      assert.ok(found.includes(finding), found.join("; "))
    }
    for (const table of ["object", "span", "head"])
      assert.notDeepEqual(
        await tampered(`delete from audit.${table} where ctid = (select max(ctid) from audit.${table})`),
        []
      )
    assert.notDeepEqual(await tampered("insert into audit.object values ('acc_other', 5)"), [])
    assert.notDeepEqual(await tampered("insert into audit.span values (60, 1, 1, 1)"), [])
  })

  test("finds that two entries were swapped", { timeout }, async () => {
    const found = await tampered(
      "update audit.entry set sequence = 999999 where sequence = 10; update audit.entry set sequence = 10 where sequence = 11;" +
        "update audit.entry set sequence = 11 where sequence = 999999"
    )
    for (const each of [10, 11])
      assert.ok(
        found.includes(`audit entry ${each} its hash is not that of the row and the hash before it`),
        found.join("; ")
      )
  })

  test("finds a row that holds what no entry has", { timeout }, async () => {
    for (const edit of ["at = 'infinity'", "objects = '{{a,b},{c,d}}'", "roles = array[null]"]) {
      const found = await tampered(`update audit.entry set ${edit} where sequence = 4`)
      assert.ok(
        found.some((each) => each.startsWith("audit entry 4 ")),
        found.join("; ")
      )
    }
  })

  const cutOff = `delete from audit.entry where sequence > 1000; delete from audit.object where sequence > 1000;
    delete from audit.span where first > 1000; update audit.span set last = least(last, 1000);
    update audit.head set sequence = 1000, hash = (select e.hash from audit.entry e where e.sequence = 1000)`

  test("an end that was cut off with all its bookkeeping is found by a head that was kept elsewhere", async () => {
    assert.deepEqual(await tampered(cutOff), [])
    assert.deepEqual(await tampered(cutOff, kept), [`audit entry ${entries} is gone: its hash was kept elsewhere`])
    const [row] = await sql`select hash from audit.entry where sequence = 1000`
    assert.deepEqual(await tampered(cutOff, { sequence: 1000, hash: row?.hash }), [])
  })

  test("a log that was made anew is found by a head that was kept elsewhere", async () => {
    const other = { sequence: 500, hash: new Uint8Array(32) }
    assert.deepEqual(await places(other), ["audit entry 500 is not the entry whose hash was kept elsewhere"])
    assert.deepEqual(await places({ sequence: 0, hash: new Uint8Array(32) }), [])
  })

  test("says that a database has no audit log", async () => {
    const empty = await createDatabase()
    const { findings } = await Effect.runPromise(Effect.provide(verifyAudit(), postgresLayer({ url: empty.url })))
    assert.deepEqual(
      findings.map(({ place }) => place),
      ["audit"]
    )
    await empty.drop()
  })
})
