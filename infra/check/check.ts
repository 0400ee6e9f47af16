/**
 * `bun run check`: everything that can be known about the sources without running them. Steps run two at a time, each
 * prints its name and time as it ends, a failed one prints its output, and one failure fails the whole.
 */
import { cpus } from "node:os"
import { join } from "node:path"
import { root, run, tool } from "./command.ts"
import { exportsResolve } from "./exports.ts"
import { fileSizes } from "./files.ts"
import type { Outcome } from "./outcome.ts"
import { generatedCode, protoBreaking } from "./proto.ts"

interface Step {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

const command =
  (...words: ReadonlyArray<string>) =>
  async (): Promise<Outcome> => {
    const { code, output } = await run(words)
    return { passed: code === 0, output }
  }

// The slowest first, so that the last to end is a short one.
const steps: ReadonlyArray<Step> = [
  { name: "types", run: command(tool("tsc"), "--project", ".") },
  { name: "dead code", run: command(process.execPath, tool("knip"), "--no-progress", "--no-config-hints") },
  { name: "types of the core, without any platform", run: command(tool("tsc"), "--project", "domain") },
  { name: "lint and format", run: command(tool("biome"), "check", "--colors=off", ".") },
  { name: "layers", run: command(process.execPath, join(root, "infra/lint/layers.ts")) },
  { name: "proto lint", run: command(tool("buf"), "lint", "proto") },
  { name: "proto breaking", run: protoBreaking },
  { name: "generated code", run: generatedCode },
  { name: "file size", run: fileSizes },
  { name: "exports", run: exportsResolve }
]

const seconds = (start: number): string => `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7)

const started = performance.now()
const waiting = [...steps]
const failed: Array<string> = []

const worker = async (): Promise<void> => {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const start = performance.now()
    const { passed, output, note } = await step.run()
    console.log(`${passed ? "ok  " : "FAIL"} ${seconds(start)}  ${step.name}${note === undefined ? "" : `: ${note}`}`)
    if (passed) continue
    failed.push(step.name)
    console.log(output.trimEnd().replace(/^/gmu, "    "))
  }
}
await Promise.all(Array.from({ length: Math.max(2, Math.min(4, cpus().length)) }, worker))

console.log(
  failed.length === 0
    ? `check passed in ${seconds(started).trim()}`
    : `check failed in ${seconds(started).trim()}: ${failed.join(", ")}`
)
process.exitCode = failed.length === 0 ? 0 : 1
