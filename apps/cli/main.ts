/** `npm run gbank -- COMMAND`: what an operator does beside a running bank. */
import { parseArgs } from "node:util"
import { Effect, Option, Result, Schema } from "effect"
import { TreeHead } from "../../domain/proofs/index.ts"
import { dataDirOf } from "../bank/Database.ts"
import { documented, settings } from "../bank/Settings.ts"
import { headIn, Unproven, verify, verifyFile } from "./verify.ts"

const usage = `gbank COMMAND

  config   lists every setting of the bank
  verify   checks every stored row of the ledger against its invariants, its journal and its Merkle tree; exits 1 where
           something does not hold. Reads DATABASE_URL, or BANK_DATA_DIR while its bank is stopped.
           --key HEX        the public key that signed heads must have been signed with
           --head FILE      a signed head that was kept elsewhere: the ledger must still extend it
           --receipt FILE   verifies the proof of one receipt instead, offline; needs --key`

const options = {
  key: { type: "string" },
  head: { type: "string" },
  receipt: { type: "string" }
} as const

const config = Effect.sync(() => {
  const width = Math.max(...documented.map(({ name }) => name.length))
  for (const { name, meaning } of documented) console.log(`${name.padEnd(width)}  ${meaning}`)
  return 0
})

/** The options after the command. */
const given = Effect.try({
  try: () => parseArgs({ args: process.argv.slice(3), options }).values,
  catch: (cause) =>
    new Unproven({ subject: "arguments", reason: cause instanceof Error ? cause.message : String(cause) })
})

const keyOf = (hex: string | undefined) =>
  hex === undefined
    ? Effect.succeed(undefined)
    : Effect.mapError(
        Schema.decodeUnknownEffect(TreeHead.PublicKey)(hex),
        () => new Unproven({ subject: "--key", reason: "expected 64 hexadecimal digits" })
      )

const verifyLedger = Effect.fnUntraced(function* (publicKey: TreeHead.PublicKey | undefined, file: string | undefined) {
  const from = yield* settings
  const place = Option.match(from.databaseUrl, {
    onNone: () => ({ dataDir: dataDirOf(from) }),
    onSome: (url) => ({ url })
  })
  const head = file === undefined ? undefined : yield* headIn(file)
  const { violations, findings, transactions, root } = yield* verify(place, {
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(head === undefined ? {} : { head })
  })
  for (const { invariant, subject, detail } of violations) console.log(`${invariant}  ${subject}  ${detail}`)
  for (const { place: row, detail } of findings) console.log(`JOURNAL  ${row}  ${detail}`)
  const count = violations.length + findings.length
  if (count === 0)
    console.log(`every invariant holds; ${transactions} transactions, root ${Buffer.from(root).toString("hex")}`)
  else console.log(`${count} violations`)
  return count === 0 ? 0 : 1
})

const verifyAll = Effect.gen(function* () {
  const { key, head, receipt } = yield* given
  const publicKey = yield* keyOf(key)
  if (receipt === undefined) return yield* verifyLedger(publicKey, head)
  if (publicKey === undefined) return yield* Effect.fail(new Unproven({ subject: "--key", reason: "required" }))
  const proven = yield* verifyFile(receipt, publicKey)
  console.log(
    `${proven.transaction} is among the first ${proven.head.treeSize} transactions of ${proven.head.ledgerId}`
  )
  return 0
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
