import assert from "node:assert/strict"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { freePort, startBank } from "../../infra/testing/crash/BankProcess.ts"

/** Less than the ten seconds for which a stop waits for requests that end by themselves. */
const letGoMsMax = 5000

test("a stop lets who follows entries go at once", { timeout: 60_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "bank-stop-"))
  // As root, PostgreSQL runs as another user, who has to pass through.
  await chmod(dataDir, 0o711)
  const bank = await startBank(dataDir, { rest: await freePort(), rpc: await freePort() })
  try {
    const url = `${bank.restUrl}/v1/accounts`
    const authorization = `Bearer ${bank.token}`
    const opened = await fetch(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ product: "checking", currency: "USD" })
    })
    assert.equal(opened.status, 201)
    const { id } = Object(await opened.json())
    const { body } = await fetch(`${url}/${id}/entries/stream`, { headers: { authorization } })
    const reader = body?.getReader()
    assert.equal((await reader?.read())?.done, false)
    const begun = performance.now()
    const stopped = bank.stop()
    while ((await reader?.read())?.done === false);
    assert.ok(performance.now() - begun < letGoMsMax)
    assert.equal(await stopped, 0)
  } finally {
    await bank.killBank()
    await rm(dataDir, { recursive: true, force: true })
  }
})
