/**
 * The domain under each runtime that may hold it: Bun, Deno, Node, and a browser's bundle. `bun infra/check/runtimes.ts`
 * runs all four; `npm test` leaves out Bun, under which the whole suite has run before.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { browserBundle } from "./browser.ts"
import { type Finished, node, root, run, tool } from "./command.ts"
import { closingLine, type Tally, tallyBun, tallyDeno, tallyNode, total } from "./tally.ts"

/** A test that takes longer hangs; a slow machine under load stays below. */
export const testTimeoutMs = 60_000

const domainTests = (): ReadonlyArray<string> =>
  [...new Bun.Glob("domain/**/*.test.ts").scanSync({ cwd: root })]
    .filter((file) => !file.endsWith(".long.test.ts"))
    .sort()

interface Runtime {
  readonly name: string
  readonly run: (files: ReadonlyArray<string>) => Promise<{ readonly finished: Finished; readonly tally: Tally }>
}

const bun: Runtime = {
  name: "Bun",
  run: async (files) => {
    const finished = await run([
      process.execPath,
      "test",
      `--timeout=${testTimeoutMs}`,
      ...files.map((file) => `./${file}`)
    ])
    return { finished, tally: tallyBun(finished.code, finished.output) }
  }
}

// Deno takes the packages from node_modules as they lie there and asks no registry.
const deno: Runtime = {
  name: "Deno",
  run: async (files) => {
    const folder = await mkdtemp(join(tmpdir(), "bank-deno-"))
    const report = join(folder, "junit.xml")
    const flags = [
      "--allow-all",
      "--no-check",
      "--no-lock",
      "--no-remote",
      "--cached-only",
      "--node-modules-dir=manual"
    ]
    const finished = await run([tool("deno"), "test", "--parallel", ...flags, `--junit-path=${report}`, ...files], {
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" }
    })
    const junit = await readFile(report, "utf8").catch(() => "")
    await rm(folder, { recursive: true, force: true })
    return { finished, tally: tallyDeno(finished.code, junit) }
  }
}

// One process loads every file: a process for each, as `node --test` has it, takes five times as long.
const onNode: Runtime = {
  name: "Node",
  run: async (files) => {
    const entry = files.map((file) => `import ${JSON.stringify(`./${file}`)}`).join("\n")
    const flags = ["--import", "tsx", "--test-reporter=spec", "--input-type=module"]
    const finished = await run([node, ...flags, "--eval", entry])
    return { finished, tally: tallyNode(finished.code, finished.output) }
  }
}

const runIn = async (runtime: Runtime, files: ReadonlyArray<string>): Promise<Tally> => {
  const start = performance.now()
  const { finished, tally } = await runtime.run(files)
  if (tally.failed > 0) console.log(finished.output)
  const time = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`domain on ${runtime.name}: ${closingLine(tally)} (${files.length} files, ${time} s)`)
  return tally
}

/** Runs the domain's tests under the runtimes, one after the other, and bundles it for a browser. */
export const runtimes = async (options: { readonly withBun: boolean }): Promise<Tally> => {
  const files = domainTests()
  const tallies: Array<Tally> = []
  for (const runtime of options.withBun ? [bun, deno, onNode] : [deno, onNode]) {
    tallies.push(await runIn(runtime, files))
  }
  tallies.push(await browserBundle())
  return total(tallies)
}

if (import.meta.main) {
  const tally = await runtimes({ withBun: true })
  console.log(closingLine(tally))
  process.exitCode = tally.failed === 0 ? 0 : 1
}
