/** `npm run bench -- ledger`: how fast, beside what, and at what price. */
import { createDatabase } from "../../infra/testing/postgres.ts"
import { argumentsFrom, usage } from "./Arguments.ts"
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
const stop = (): void => {
  void database.drop().finally(() => process.exit(130))
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop)
const outcome = await Promise.allSettled([benchLedger(database.url, asked)])
await database.drop()
for (const each of outcome) {
  if (each.status === "fulfilled") process.exitCode = each.value ? 0 : 1
  else {
    console.error(each.reason)
    // What had been opened is not closed then, and a ledger without its database would try to reach it for ever.
    process.exit(1)
  }
}
