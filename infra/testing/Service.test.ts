import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { type Candidate, firstOf, found, type Source, share } from "./Service.ts"

const none = (source: Source): Candidate => ({ source, find: async () => `no ${source}` })
const one = (source: Source): Candidate => ({ source, find: async () => found(`test://${source}`) })
const failing = (source: Source): Candidate => ({
  source,
  find: async () => {
    throw new Error(`${source} is broken`)
  }
})

describe("finding a service", () => {
  const chosen = process.env.TEST_SERVICES
  before(() => {
    delete process.env.TEST_SERVICES
  })
  after(() => {
    if (chosen !== undefined) process.env.TEST_SERVICES = chosen
  })

  test("takes the first that is there, past those that are absent or broken", async () => {
    const service = await firstOf("X", [none("environment"), failing("local"), one("docker"), one("embedded")], "")
    assert.equal(service.source, "docker")
    assert.equal(service.url, "test://docker")
  })

  test("does not look past a URL in the environment that does not answer", async () => {
    await assert.rejects(firstOf("X", [failing("environment"), one("local")], ""), /^Error: environment is broken$/u)
  })

  test("takes no other than the source that TEST_SERVICES names", async () => {
    process.env.TEST_SERVICES = "embedded"
    try {
      assert.equal((await firstOf("X", [one("local"), one("embedded")], "")).source, "embedded")
      process.env.TEST_SERVICES = "elsewhere"
      await assert.rejects(
        firstOf("X", [one("local")], ""),
        /TEST_SERVICES is "elsewhere"; expected one of environment/u
      )
    } finally {
      delete process.env.TEST_SERVICES
    }
  })

  test("says what to do, and why each way failed, when there is none", async () => {
    await assert.rejects(firstOf("Redis", [none("local"), failing("docker")], "Install it."), (error: Error) => {
      assert.equal(
        error.message,
        "There is no Redis for the tests. Install it.\n  local: no local\n  docker: docker is broken"
      )
      return true
    })
  })
})

describe("a shared service", () => {
  test("is started once for all who use it, and stopped once after the last", async () => {
    const calls: Array<string> = []
    let tell = () => {}
    const stopped = new Promise<void>((resolve) => {
      tell = resolve
    })
    const shared = share(async () => {
      calls.push("start")
      const stop = async () => {
        calls.push("stop")
        tell()
      }
      return { url: "test://", source: "embedded" as const, stop, stopNow: () => {} }
    })
    await Promise.all([shared.acquire(), shared.acquire()])
    shared.release()
    shared.release()
    await shared.acquire()
    assert.deepEqual(calls, ["start"])
    shared.release()
    await stopped
    assert.deepEqual(calls, ["start", "stop"])
  })

  test("is looked for again after it could not be had", async () => {
    let attempts = 0
    const shared = share(async () => {
      attempts++
      if (attempts === 1) throw new Error("not yet")
      return { ...found("test://"), source: "local" as const }
    })
    await assert.rejects(shared.acquire(), /not yet/u)
    assert.equal((await shared.acquire()).url, "test://")
    shared.release()
  })
})
