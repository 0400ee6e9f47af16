/** `npm run gbank -- COMMAND`: what an operator does beside a running bank. */
import { parseArgs } from "node:util"
import { Effect, Option, Result, Schema, type Scope } from "effect"
import { TreeHead } from "../../domain/proofs/index.ts"
import { dataDirOf } from "../bank/Database.ts"
import { documented, settings } from "../bank/Settings.ts"
import { type KeyWork, keyWorks, workOnKeys } from "./keys.ts"
import { auditHeadIn, headIn, Unproven, verify, verifyFile } from "./verify.ts"

const usage = `gbank COMMAND

  config   lists every setting of the bank
  verify   checks every stored row of the ledger against its invariants, its journal and its Merkle tree, and the audit
           log against its chain of hashes; exits 1 where something does not hold. Reads DATABASE_URL, or BANK_DATA_DIR
           while its bank is stopped.
           --key HEX          the public key that signed heads must have been signed with
           --head FILE        a signed head that was kept elsewhere: the ledger must still extend it
           --audit-head FILE  a head of the audit log that was kept elsewhere: the log must still go on from it
           --receipt FILE     verifies the proof of one receipt instead, offline; needs --key
  keys     works on the keys of personal data, also beside a running bank whose DATABASE_URL it is given
           rotate-data  makes a new data key, which banks that run take up within ten minutes; what is there stays readable
           add-master   adds a master key to BANK_MASTER_KEYS, which wraps data keys from the next start on
           rewrap       wraps every data key under the newest master key; then the older ones may go`

const options = {
  key: { type: "string" },
  head: { type: "string" },
  "audit-head": { type: "string" },
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

interface Kept {
  readonly publicKey: TreeHead.PublicKey | undefined
  readonly headFile: string | undefined
  readonly auditHeadFile: string | undefined
}

const verifyStores = Effect.fnUntraced(function* ({ publicKey, headFile, auditHeadFile }: Kept) {
  const from = yield* settings
  const place = Option.match(from.databaseUrl, {
    onNone: () => ({ dataDir: dataDirOf(from) }),
    onSome: (url) => ({ url })
  })
  const head = headFile === undefined ? undefined : yield* headIn(headFile)
  const auditHead = auditHeadFile === undefined ? undefined : yield* auditHeadIn(auditHeadFile)
  const trusted = {
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(head === undefined ? {} : { head })
  }
  const { violations, findings, transactions, root, audit } = yield* verify(place, trusted, auditHead)
  for (const { invariant, subject, detail } of violations) console.log(`${invariant}  ${subject}  ${detail}`)
  for (const { place: row, detail } of findings) console.log(`JOURNAL  ${row}  ${detail}`)
  for (const { place: row, detail } of audit.findings) console.log(`AUDIT  ${row}  ${detail}`)
  const count = violations.length + findings.length + audit.findings.length
  if (count === 0)
    console.log(`every invariant holds; ${transactions} transactions, root ${Buffer.from(root).toString("hex")}`)
  else console.log(`${count} violations`)
  if (audit.findings.length === 0)
    console.log(`audit log: ${audit.head.sequence} entries, head ${Buffer.from(audit.head.hash).toString("hex")}`)
  return count === 0 ? 0 : 1
})

const verifyAll = Effect.gen(function* () {
  const { key, head, receipt, "audit-head": auditHead } = yield* given
  const publicKey = yield* keyOf(key)
  if (receipt === undefined) return yield* verifyStores({ publicKey, headFile: head, auditHeadFile: auditHead })
  if (publicKey === undefined) return yield* Effect.fail(new Unproven({ subject: "--key", reason: "required" }))
  const proven = yield* verifyFile(receipt, publicKey)
  console.log(
    `${proven.transaction} is among the first ${proven.head.treeSize} transactions of ${proven.head.ledgerId}`
  )
  return 0
})

const keys = Effect.gen(function* () {
  const asked = process.argv[3] ?? ""
  const work = keyWorks.find((each): each is KeyWork => each === asked)
  if (work === undefined)
    return yield* Effect.fail(new Unproven({ subject: "keys", reason: `expected ${keyWorks.join(", ")}` }))
  console.log(yield* workOnKeys(yield* settings, work))
  return 0
})

type Command = Effect.Effect<number, { readonly message: string }, Scope.Scope>

const commands: Readonly<Record<string, Command>> = { config, verify: verifyAll, keys }

const command = commands[process.argv[2] ?? ""]
if (command === undefined) {
  console.error(usage)
  process.exit(2)
}
const outcome = await Effect.runPromise(Effect.result(Effect.scoped(command)))
if (Result.isFailure(outcome)) console.error(outcome.failure.message)
process.exit(Result.isSuccess(outcome) ? outcome.success : 1)
