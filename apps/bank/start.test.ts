import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { freePort, startBank } from "../../infra/testing/crash/BankProcess.ts"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const timeout = 120_000

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "DATABASE_URL" && !name.startsWith("BANK_"))
)

describe("a start that cannot succeed ends with 1 and one line on stderr", { timeout }, () => {
  let dataDir: string
  let database: Database
  let taken: Server
  let port: number

  before(
    async () => {
      dataDir = await mkdtemp(join(tmpdir(), "bank-start-"))
      // As root, PostgreSQL runs as another user, who has to pass through.
      await chmod(dataDir, 0o711)
      database = await createDatabase()
      port = await freePort()
      taken = createServer()
      await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve))
    },
    { timeout }
  )
  after(
    async () => {
      await new Promise((resolve) => taken.close(resolve))
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
    { timeout }
  )

  /** Starts the bank with these settings; a start that succeeds against the expectation is stopped and answers 0. */
  const start = (settings: Readonly<Record<string, string>>) =>
    new Promise<{ readonly code: unknown; readonly err: string }>((resolve) => {
      const free = {
        BANK_REST_PORT: "0",
        BANK_RPC_PORT: "0",
        BANK_AUTH_PORT: "0",
        BANK_DATA_DIR: join(dataDir, "unused")
      }
      const env = { ...environment, BANK_DEMO: "false", ...free, ...settings }
      const options = { cwd: root, env, timeout: 60_000 }
      execFile(process.execPath, ["apps/bank/main.ts"], options, (error, _, err) =>
        resolve({ code: error === null ? 0 : error.code, err })
      )
    })

  const refuses = async (settings: Readonly<Record<string, string>>, line: RegExp): Promise<void> => {
    const { code, err } = await start(settings)
    assert.match(err, line)
    assert.equal(err.trimEnd().split("\n").length, 1, err)
    assert.equal(code, 1)
  }

  for (const setting of ["BANK_REST_PORT", "BANK_RPC_PORT", "BANK_AUTH_PORT"])
    test(`where another process has ${setting}`, { timeout }, () =>
      refuses(
        { DATABASE_URL: database.url, [setting]: String(port) },
        new RegExp(`^${setting}: cannot listen on 127\\.0\\.0\\.1:${port} \\(.+\\); stop what does, or choose`, "u")
      )
    )

  test("where a port is no number", { timeout }, () =>
    refuses({ BANK_REST_PORT: "abc" }, /^BANK_REST_PORT: Expected a whole number from 0 to 65535$/mu)
  )

  test("where BANK_TOKEN can be guessed", { timeout }, () =>
    refuses({ BANK_TOKEN: "short" }, /^BANK_TOKEN: Expected 16 or more visible ASCII characters$/mu)
  )

  test("where DATABASE_URL is no URL of a PostgreSQL", { timeout }, () =>
    refuses({ DATABASE_URL: "localhost" }, /^DATABASE_URL: Expected a URL such as postgres:\/\/\S+$/mu)
  )

  test("where nothing answers at DATABASE_URL, and its password stays secret", { timeout }, async () => {
    const nobody = await freePort()
    const url = `postgres://bank:very-secret@127.0.0.1:${nobody}/bank`
    const line = new RegExp(`^(?!.*very-secret)The database .*ECONNREFUSED 127\\.0\\.0\\.1:${nobody}`, "u")
    await refuses({ DATABASE_URL: url }, line)
  })

  test("where another bank uses the data directory, which goes on working", { timeout }, async () => {
    const bank = await startBank(dataDir, { rest: await freePort(), rpc: await freePort() })
    try {
      await refuses({ BANK_DATA_DIR: dataDir }, /^Another bank \(process \d+\) uses the data directory \S+: stop it/u)
      assert.equal((await fetch(`${bank.restUrl}/readyz`)).status, 200)
    } finally {
      assert.equal(await bank.stop(), 0)
    }
  })
})
