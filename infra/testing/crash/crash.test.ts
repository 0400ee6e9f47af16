import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("crash.ts", import.meta.url))
const timeout = 180_000

test("nothing acknowledged is lost or done twice when bank and PostgreSQL are killed under load", {
  timeout
}, async () => {
  const child = spawn(process.execPath, [script, "--rounds", "3", "--load-ms", "700"], { stdio: "pipe", timeout })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  assert.equal(code, 0, output)
  assert.equal(
    output.trimEnd().split("\n").at(-1),
    "every acknowledged transfer is there, none twice, and all invariants hold",
    output
  )
})
