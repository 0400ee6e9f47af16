/** `npm run bench -- ledger|endtoend|large`: how fast, beside what, and at what price. */
import { createDatabase } from "../../infra/testing/postgres.ts"
import { argumentsFrom, type Benchmark, usage } from "./Arguments.ts"
import { benchEndToEnd } from "./endtoend/EndToEnd.ts"
import { benchLarge } from "./Large.ts"
import { benchLedger } from "./Ledger.ts"

const read = () => {
  try {
    return argumentsFrom(process.argv.slice(2))
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : cause}\n\n${usage}`)
    process.exit(2)
  }
}

const asked = read()
const database = await createDatabase()
const interrupted = new Promise<number>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(130))
})
const benchmarks = { ledger: benchLedger, endtoend: benchEndToEnd, large: benchLarge } satisfies Record<
  Benchmark,
  unknown
>
const finished = benchmarks[asked.benchmark](database.url, asked).then((isRight) => (isRight ? 0 : 1))
const code = await Promise.race([finished, interrupted]).catch((cause) => {
  console.error(cause)
  return 1
})
// What was left open loses its connections with the database: the driver may throw then, which must not end the removal.
if (code !== 0) process.on("uncaughtException", () => {})
await database.drop()
// And a ledger that was left open would try to reach its database for ever.
if (code !== 0) process.exit(code)
