/**
 * `npm test`: every test under Bun beside the services it needs, then the domain's under the other runtimes. Arguments
 * go to `bun test` and limit the run to what they name; `--long` runs the long suites instead.
 */
import { join } from "node:path"
import { root, run } from "./command.ts"
import { runtimes, testTimeoutMs } from "./runtimes.ts"
import { closingLine, type Tally, tallyBun, total } from "./tally.ts"

const longSuites = "**/*.long.test.ts"

const isLong = process.argv[2] === "--long"
const filters = process.argv.slice(isLong ? 3 : 2)

const selection = isLong
  ? filters.length > 0
    ? filters
    : [".long.test.ts"]
  : [`--path-ignore-patterns=${longSuites}`, ...filters]

const suite = async (): Promise<Tally> => {
  const services = join(root, "infra/testing/with-services.ts")
  const bunTest = [process.execPath, "test", "--parallel", `--timeout=${testTimeoutMs}`, ...selection]
  const { code, output } = await run([process.execPath, services, ...bunTest], { echo: true })
  return tallyBun(code, output)
}

const started = performance.now()
const tallies = [await suite()]
if (!isLong && filters.length === 0) tallies.push(await runtimes({ withBun: false }))

const tally = total(tallies)
console.log(`tests took ${((performance.now() - started) / 1000).toFixed(1)} s`)
console.log(closingLine(tally))
process.exitCode = tally.failed === 0 ? 0 : 1
