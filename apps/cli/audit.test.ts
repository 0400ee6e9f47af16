import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { layer as ids } from "../../adapters/ids/index.ts"
import { Migrator, Postgres, AuditLog as PostgresAuditLog } from "../../adapters/postgres/index.ts"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import { FieldCipher } from "../../application/ports/Crypto.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"
import { ledgerStores } from "../bank/Stores.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const timeout = 120_000

/** Encrypts nothing: verification needs no key, and so does not this. */
const plain = Layer.succeed(
  FieldCipher,
  FieldCipher.of({
    encrypt: (_tenant, _place, bytes) => Effect.succeed(bytes),
    decrypt: (_tenant, _place, bytes) => Effect.succeed(bytes),
    blindIndex: () => Effect.die(new Error("the audit log has no blind index")),
    rotate: () => Effect.die(new Error("the audit log rotates no key"))
  })
)

const append = Effect.gen(function* () {
  const log = yield* AuditLog
  for (let index = 1; index <= 5; index++)
    yield* log.append({
      at: Instant.fromMillis(Date.UTC(2026, 10, 24) + index),
      tenant: TenantId.make("bank"),
      actor: { id: "auditor", roles: ["auditor"] },
      operation: "accounts.read",
      objects: ["acc_1"],
      outcome: "read",
      origin: { requestId: `r${index}`, reason: "a complaint" }
    })
  return yield* log.head
})

describe("verify of the audit log", { timeout }, () => {
  let database: Database
  let folder: string
  let sql: postgres.Sql
  let head: { readonly sequence: number; readonly hash: string }

  before(
    async () => {
      database = await createDatabase()
      folder = await mkdtemp(join(tmpdir(), "audit-"))
      const { url } = database
      const log = PostgresAuditLog.layer().pipe(
        Layer.provide(Migrator.layer),
        Layer.provide(Layer.mergeAll(Postgres.layer({ url }), plain, ids))
      )
      head = await Effect.runPromise(Effect.provide(append, log))
      // A bank has made its ledger, too.
      await Effect.runPromise(Effect.provide(Effect.void, ledgerStores(url)))
      sql = postgres(url, { max: 1, onnotice: () => {} })
    },
    { timeout }
  )
  after(
    async () => {
      await sql.end()
      await database.drop()
      await rm(folder, { recursive: true })
    },
    { timeout }
  )

  /** `gbank verify` as an operator runs it. */
  const gbank = (...options: ReadonlyArray<string>) =>
    new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((resolve) => {
      const surroundings = { cwd: root, env: { ...process.env, DATABASE_URL: database.url }, timeout: 60_000 }
      execFile(process.execPath, ["apps/cli/main.ts", "verify", ...options], surroundings, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, out, err })
      )
    })

  const kept = async (text: string): Promise<string> => {
    const file = join(folder, "head.json")
    await writeFile(file, text)
    return file
  }

  test("tells how many entries there are and the hash of the last, and takes that head back", { timeout }, async () => {
    const { code, out } = await gbank("--audit-head", await kept(JSON.stringify(head)))
    assert.equal(code, 0, out)
    assert.match(out, new RegExp(`^audit log: 5 entries, head ${head.hash}$`, "mu"))
  })

  test("refuses a file that has no head", { timeout }, async () => {
    const { code, err } = await gbank("--audit-head", await kept('{"sequence":5,"hash":"zz"}'))
    assert.equal(code, 1)
    assert.match(err, /head\.json: /u)
  })

  test("names the entry that was altered", { timeout }, async () => {
    await sql`update audit.entry set actor = 'nobody' where sequence = 3`
    const { code, out } = await gbank()
    await sql`update audit.entry set actor = 'auditor' where sequence = 3`
    assert.equal(code, 1)
    assert.match(out, /^AUDIT {2}audit entry 3 {2}its hash is not that of the row and the hash before it$/mu)
    assert.match(out, /^1 violations$/mu)
    assert.equal((await gbank()).code, 0)
  })

  test("finds an end that was cut off only by a head that was kept elsewhere", { timeout }, async () => {
    await sql.unsafe(`delete from audit.entry where sequence = 5; delete from audit.object where sequence = 5;
      update audit.span set last = 4;
      update audit.head set sequence = 4, hash = (select e.hash from audit.entry e where e.sequence = 4)`)
    const unseen = await gbank()
    assert.equal(unseen.code, 0, unseen.out)
    const { code, out } = await gbank("--audit-head", await kept(JSON.stringify(head)))
    assert.equal(code, 1)
    assert.match(out, /^AUDIT {2}audit entry 5 {2}is gone: its hash was kept elsewhere$/mu)
  })
})
