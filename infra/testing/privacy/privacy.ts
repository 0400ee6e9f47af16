/**
 * Seeds a bank with people whose every field is unmistakable, lets them and others do what leaves traces, breaks its
 * database meanwhile, rotates its keys, erases one of them, and then looks for every value in everything that was left:
 * `npm run privacy [-- --users N --seed N]`.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import postgres from "postgres"
import { layout } from "../../../adapters/embedded-postgres/index.ts"
import { type BankProcess, freePort, startBank } from "../crash/BankProcess.ts"
import { diceOf } from "../reference/Dice.ts"
import { canaries } from "./Canaries.ts"
import { openDesk } from "./Desk.ts"
import { encodings, needlesOf } from "./Encodings.ts"
import { erased } from "./Erasure.ts"
import { exceptions } from "./Exceptions.ts"
import { personOf } from "./People.ts"
import { files, localRedis, redisKeys, tables } from "./Places.ts"
import { type Known, rotated } from "./Rotation.ts"
import { searchFor } from "./Search.ts"
import { type Place, programSeeded, seeded } from "./Seeding.ts"
import { askedWrongly, loggedInWrongly, writtenInTrouble } from "./Trouble.ts"
import { collection } from "./Values.ts"

const { values: given } = parseArgs({
  options: {
    users: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false }
  }
})
const seed = Number(given.seed)
const userCount = Math.max(3, Number(given.users))
console.log(`seed ${seed}, ${userCount} users`)

const dice = diceOf(seed)
const values = collection()
const dataDir = await mkdtemp(join(tmpdir(), "bank-privacy-"))
// As root, PostgreSQL runs as another user, who has to pass through.
await chmod(dataDir, 0o711)
const authPort = await freePort()
const issuer = `http://localhost:${authPort}`
const env = { BANK_DATA_DIR: dataDir, BANK_AUTH_PORT: String(authPort), BANK_TRUSTED_PROXIES: "1", BANK_DEMO: "false" }
// Whatever libraries tell when asked to tell all.
const verbose = { DEBUG: "*" }
const output: Array<Buffer> = []
const began = performance.now()
const say = (text: string): void => console.log(`${text} (${((performance.now() - began) / 1000).toFixed(1)} s)`)

/** A server that logs all that it can, as somebody who looks for a fault may set it: every statement with its values. */
const telling = {
  log_statement: "all",
  log_min_messages: "debug1",
  log_min_error_statement: "debug1",
  log_error_verbosity: "verbose",
  log_parameter_max_length: "-1",
  log_parameter_max_length_on_error: "-1"
}

const tellingAll = async (sql: postgres.Sql): Promise<void> => {
  for (const [name, value] of Object.entries(telling)) await sql.unsafe(`alter database bank set ${name} = '${value}'`)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`
}

/** Waits until the ledger writes again: it learns by its next write that its connection was ended. */
const writing = async ({ restUrl, token }: BankProcess): Promise<void> => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "writing" }
  const body = JSON.stringify({ product: "checking", currency: "USD" })
  for (let attempt = 0; attempt < 50; attempt++) {
    const answer = await fetch(`${restUrl}/v1/accounts`, { method: "POST", headers, body })
    await answer.arrayBuffer()
    if (answer.status === 201) return
    await Bun.sleep(100)
  }
  throw new Error("the ledger does not write")
}

/** Everything that leaves traces, at a bank that runs. */
const lived = async (bank: BankProcess, place: Place, sql: postgres.Sql, url: string): Promise<void> => {
  const people = Array.from({ length: userCount }, () => personOf(dice, values))
  const known: Array<Known> = []
  let token = ""
  for (const person of people) {
    const { user, accessToken } = await seeded(place, person)
    known.push({ user, person })
    token = accessToken
  }
  say(`${known.length} users registered and did what users do`)
  const [first, second, third] = known
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are too few users")

  const stranger = personOf(dice, values)
  await programSeeded(place, stranger)
  const wrong = await askedWrongly(bank, place, stranger, token)
  await loggedInWrongly(place, stranger)
  say(`requests with personal data where none belongs: ${wrong}`)
  const broken = await writtenInTrouble(place, sql, [first.person, personOf(dice, values), personOf(dice, values)])
  say(`statements cancelled, sessions ended, rows refused, a server process killed: ${broken}`)

  const beside = { ...env, DATABASE_URL: url }
  await rotated({ sql, env: beside, place, open: () => openDesk(url, issuer, env), before: first, after: second })
  say("data key and master key were rotated; old and new values read")
  const { exported, audited } = await erased(place, sql, third)
  say(
    `an export had ${exported} fields of a user; after its erasure no table of users opens to any, ` +
      `and the audit log, sealed, shows ${audited} of them to auditors`
  )
}

const bank = await startBank(
  dataDir,
  { rest: await freePort(), rpc: await freePort() },
  { ...env, ...verbose },
  (chunk) => {
    output.push(chunk)
  }
)
const password = (await readFile(layout(dataDir).password, "utf8")).trim()
const port = (await readFile(layout(dataDir).port, "utf8")).trim()
const url = `postgres://postgres:${password}@127.0.0.1:${port}/bank`
const sql = postgres(url, { max: 2, onnotice: () => {} })
const desk = openDesk(url, issuer, env)
const place: Place = { desk, dataDir, issuer, values, restUrl: bank.restUrl, staffToken: bank.token }
const planted = canaries()
try {
  await tellingAll(sql)
  await writing(bank)
  await lived(bank, place, sql, url)
  await planted.inDatabase(sql)
} catch (cause) {
  await bank.stop()
  throw cause
}
await planted.inFile(dataDir)
output.push(planted.inOutput())

const search = searchFor([...values.all(), ...planted.secrets].flatMap(needlesOf))
const tableCount = await tables(sql, search)
search.in("metrics", Buffer.from(await (await fetch(`${bank.restUrl}/metrics`)).arrayBuffer()))
await sql.end()
await desk.dispose()
const code = await bank.stop()
if (code !== 0) throw new Error(`the bank stopped with ${code}`)
search.in("output of the bank", Buffer.concat(output))
const fileCount = await files(dataDir, search)
const redis = await localRedis()
if (redis !== undefined) {
  await planted.inRedis(redis)
  await redisKeys(redis, search)
  await planted.outOfRedis(redis)
  redis.disconnect()
}

const missed = planted.missed(search.hits(), redis !== undefined)
const hits = search.hits().filter((hit) => !planted.isCanary(hit))
for (const field of missed) console.log(`NOT FOUND: ${field}`)
for (const { place: at, field, encoding } of hits) console.log(`LEAK: ${field}, as ${encoding}, in ${at}`)
for (const { what, why } of exceptions) console.log(`not looked for: ${what} (${why})`)
say(
  `${values.all().length} values of ${values.fields()} fields in ${encodings.length} encodings; ${tableCount} tables, ` +
    `${fileCount} files, ${redis === undefined ? "no Redis" : "Redis"}, ${(search.bytesSearched() / 1e6).toFixed(1)} MB`
)
console.log(`${planted.count - missed.length} of ${planted.count} canaries found`)
if (given.keep) await writeFile(join(dataDir, "output"), Buffer.concat(output))
else await rm(dataDir, { recursive: true, force: true })
const isClean = hits.length === 0 && missed.length === 0
console.log(
  isClean
    ? "no personal datum and no secret is readable anywhere"
    : `seed ${seed}: ${hits.length} leaks, ${missed.length} canaries not found`
)
process.exit(isClean ? 0 : 1)
