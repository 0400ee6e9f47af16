/** `npm run bench -- ledger|endtoend|large|auth`: how fast, beside what, and at what price. */
import { argumentsFrom, type Benchmark, usage } from "./Arguments.ts"
import { benchAuth } from "./Auth.ts"
import { benchEndToEnd } from "./endtoend/EndToEnd.ts"
import { benchLarge } from "./Large.ts"
import { benchLedger } from "./Ledger.ts"
import { makeWorkplace } from "./Workplace.ts"

const read = () => {
  try {
    return argumentsFrom(process.argv.slice(2))
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : cause}\n\n${usage}`)
    process.exit(2)
  }
}

const failed = (cause: unknown): number => {
  console.error(cause)
  return 1
}

const asked = read()
const place = makeWorkplace()
const interrupted = new Promise<number>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(130))
})
const benchmarks = {
  ledger: benchLedger,
  endtoend: benchEndToEnd,
  large: benchLarge,
  auth: benchAuth
} satisfies Record<Benchmark, unknown>
const finished = benchmarks[asked.benchmark](place, asked).then((isRight) => (isRight ? 0 : 1))
const code = await Promise.race([finished, interrupted]).catch(failed)
// What was left open loses its connections with its database and its bank: that may throw anywhere, and must not end the
// removal.
if (code !== 0) process.on("uncaughtException", () => {}).on("unhandledRejection", () => {})
const left = await place.leave().then(() => code, failed)
// And a ledger that was left open would try to reach its database for ever.
if (left !== 0) process.exit(left)
