import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Context, Effect, Layer } from "effect"
import { Redis } from "ioredis"
import postgres from "postgres"
import { run, withLayer } from "./effect.ts"
import { createDatabase } from "./postgres.ts"
import { createKeyspace } from "./redis.ts"

const timeout = 60_000
const runtime = ["Deno" in globalThis ? ["run", "-A"] : "Bun" in globalThis ? [] : process.execArgv].flat()
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe("a database for a test file", () => {
  test("is empty, its own, and gone after the drop although a session is open", { timeout }, async () => {
    const [one, two] = await Promise.all([createDatabase(), createDatabase()])
    assert.notEqual(one.url, two.url)
    const first = postgres(one.url, { max: 1 })
    const second = postgres(two.url, { max: 1 })
    await first`create table mine (n int)`
    const name = new URL(one.url).pathname.slice(1)
    assert.equal((await second`select to_regclass('mine') as mine`)[0]?.mine, null)
    await one.drop()
    assert.equal((await second`select from pg_database where datname = ${name}`).length, 0)
    await Promise.all([first.end({ timeout: 0 }), second.end({ timeout: 1 })])
    await two.drop()
  })
})

describe("a keyspace for a test file", () => {
  test("is removed by the drop, and nothing else is", { timeout }, async () => {
    const [one, two] = await Promise.all([createKeyspace(), createKeyspace()])
    const redis = new Redis(one.url)
    await redis.mset(`${one.prefix}a`, "1", `${one.prefix}b`, "2", `${two.prefix}a`, "3")
    await one.drop()
    assert.deepEqual(await redis.mget(`${one.prefix}a`, `${one.prefix}b`, `${two.prefix}a`), [null, null, "3"])
    redis.disconnect()
    await two.drop()
  })
})

interface Told {
  readonly databaseUrl: string
  readonly redisUrl: string
}

/** Runs the probe under with-services with services of its own, and gives what it was told. */
const probe = async (
  ...args: ReadonlyArray<string>
): Promise<{ child: ChildProcess; told: Told; exit: Promise<number | null> }> => {
  const self = [process.execPath, ...runtime]
  const child = spawn(
    process.execPath,
    [...runtime, file("with-services.ts"), ...self, file("probe.fixture.ts"), ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TEST_SERVICES: "embedded" }
    }
  )
  const exit = new Promise<number | null>((resolve) => {
    child.once("exit", resolve)
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve)
    child.once("exit", (code) => reject(new Error(`with-services ended with ${code}`)))
  })
  return { child, told: JSON.parse(line), exit }
}

const refusesConnections = async ({ databaseUrl, redisUrl }: Told): Promise<void> => {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 2 })
  await assert.rejects(sql`select 1`, /ECONNREFUSED/u)
  await sql.end({ timeout: 0 })
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  redis.on("error", () => {})
  await assert.rejects(redis.connect())
}

describe("with-services", () => {
  test("gives a command services that work, its own exit code, and stops what it started", { timeout }, async () => {
    const before = performance.now()
    const { exit, told } = await probe("7")
    assert.equal(await exit, 7)
    console.log(`with-services on embedded services: ${Math.round(performance.now() - before)} ms`)
    await refusesConnections(told)
  })

  test("passes a signal on to the command and then stops what it started", { timeout }, async () => {
    const { child, exit, told } = await probe("wait")
    child.kill("SIGTERM")
    assert.equal(await exit, 43)
    await refusesConnections(told)
  })

  test("two at once have services of their own", { timeout }, async () => {
    const [one, two] = await Promise.all([probe("wait"), probe("wait")])
    assert.notEqual(one.told.databaseUrl, two.told.databaseUrl)
    assert.notEqual(one.told.redisUrl, two.told.redisUrl)
    one.child.kill("SIGTERM")
    two.child.kill("SIGTERM")
    assert.deepEqual(await Promise.all([one.exit, two.exit]), [43, 43])
  })
})

class Greeting extends Context.Service<Greeting, { readonly text: string }>()("bank/infra/testing/Greeting") {}
const greeting = Layer.succeed(Greeting, { text: "hello" })

describe("effects as tests", () => {
  const it = withLayer(greeting)
  it.effect("have what the layer provides", () =>
    Effect.gen(function* () {
      assert.equal((yield* Greeting).text, "hello")
    })
  )

  test("a failure fails the test, after the scope was closed", async () => {
    let closed = false
    const failing = Effect.gen(function* () {
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          closed = true
        })
      )
      return yield* Effect.fail(new Error("expected"))
    })
    await assert.rejects(run(failing, Layer.empty), /expected/u)
    assert.equal(closed, true)
  })
})
