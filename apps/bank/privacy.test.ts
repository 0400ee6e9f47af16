import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("../../infra/testing/privacy/privacy.ts", import.meta.url))
const timeout = 120_000

test("nothing personal or secret of users is readable in tables, data files, the log of writes, logs or Redis", {
  timeout
}, async () => {
  const child = spawn(process.execPath, [script, "--users", "3", "--seed", "20261124"], { stdio: "pipe", timeout })
  let [output, errors] = ["", ""]
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  assert.equal(code, 0, `${output}\n${errors}`)
  assert.match(output, /^(\d+) of \1 canaries found$/mu)
  assert.equal(output.trimEnd().split("\n").at(-1), "no personal datum and no secret is readable anywhere", output)
})
