/** `npm run gbank -- COMMAND`: what an operator does beside a running bank. */
import { Effect, Option, Result } from "effect"
import { dataDirOf } from "../bank/Database.ts"
import { documented, settings } from "../bank/Settings.ts"
import { verify } from "./verify.ts"

const usage = `gbank COMMAND

  config   lists every setting of the bank
  verify   checks every stored row of the ledger against its invariants; exits 1 where one does not hold.
           Reads DATABASE_URL, or BANK_DATA_DIR while its bank is stopped.`

const config = Effect.sync(() => {
  const width = Math.max(...documented.map(({ name }) => name.length))
  for (const { name, meaning } of documented) console.log(`${name.padEnd(width)}  ${meaning}`)
  return 0
})

const verifyAll = Effect.gen(function* () {
  const from = yield* settings
  const place = Option.match(from.databaseUrl, {
    onNone: () => ({ dataDir: dataDirOf(from) }),
    onSome: (url) => ({ url })
  })
  const violations = yield* verify(place)
  for (const { invariant, subject, detail } of violations) console.log(`${invariant}  ${subject}  ${detail}`)
  console.log(violations.length === 0 ? "every invariant holds" : `${violations.length} violations`)
  return violations.length === 0 ? 0 : 1
})

const commands: Readonly<Record<string, typeof config | typeof verifyAll>> = { config, verify: verifyAll }

const command = commands[process.argv[2] ?? ""]
if (command === undefined) {
  console.error(usage)
  process.exit(2)
}
const outcome = await Effect.runPromise(Effect.result(Effect.scoped(command)))
if (Result.isFailure(outcome)) console.error(outcome.failure.message)
process.exit(Result.isSuccess(outcome) ? outcome.success : 1)
