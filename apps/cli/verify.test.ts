import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import postgres from "postgres"
import { cents, funded, hold, posted, submit, transfer } from "../../adapters/contract/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"
import { ledgerStores } from "../bank/Stores.ts"
import { verify } from "./verify.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const timeout = 120_000

const history = Effect.gen(function* () {
  const { bank, account } = yield* funded(10_000)
  const paid = yield* posted(transfer(account, bank, cents(500)))
  yield* submit({ _tag: "Reverse", transactionId: paid.id, amount: cents(200) })
  yield* submit(hold(account, bank, cents(300)))
  return { account, paid: paid.id }
})

describe("verify", { timeout }, () => {
  let database: Database
  let made: Effect.Success<typeof history>
  let sql: postgres.Sql

  before(
    async () => {
      database = await createDatabase()
      made = await Effect.runPromise(Effect.provide(history, ledgerStores(database.url)))
      sql = postgres(database.url, { max: 1, onnotice: () => {} })
    },
    { timeout }
  )
  after(
    async () => {
      await sql.end()
      await database.drop()
    },
    { timeout }
  )

  const violated = async (): Promise<ReadonlyArray<string>> => {
    const { violations } = await Effect.runPromise(Effect.scoped(verify({ url: database.url })))
    return violations.map(({ invariant, subject }) => `${invariant} ${subject}`)
  }

  /** `gbank verify` as an operator runs it. */
  const gbank = () =>
    new Promise<{ readonly code: unknown; readonly out: string }>((resolve) => {
      const options = { cwd: root, env: { ...process.env, DATABASE_URL: database.url }, timeout: 60_000 }
      execFile(process.execPath, ["apps/cli/main.ts", "verify"], options, (error, out) =>
        resolve({ code: error === null ? 0 : error.code, out })
      )
    })

  test("finds nothing in what the bank wrote", { timeout }, async () => {
    assert.deepEqual(await violated(), [])
    const { code, out } = await gbank()
    assert.equal(code, 0)
    assert.match(out, /^every invariant holds; \d+ transactions, root [0-9a-f]{64}$/mu)
  })

  test("names the invariant and the account or transaction of a row that was tampered with", { timeout }, async () => {
    const account = TypedId.toUuid(made.account)
    await sql`update ledger.account set posted_credits = posted_credits + 1 where account_id = ${account}`
    const seen = await violated()
    assert.ok(seen.includes(`INV-3 ${made.account}`), seen.join(", "))
    await sql`update ledger.account set posted_credits = posted_credits - 1 where account_id = ${account}`
    assert.deepEqual(await violated(), [])

    const paid = TypedId.toUuid(made.paid)
    await sql`update ledger.transaction set amount = amount + 1 where transaction_id = ${paid}`
    const { code, out } = await gbank()
    assert.equal(code, 1)
    assert.match(out, new RegExp(`^JOURNAL  ${made.paid}  .+$`, "mu"))
    assert.match(out, /^\d+ violations$/mu)
  })
})
