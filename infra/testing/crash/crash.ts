/**
 * Kills a bank in the middle of a load of transfers, and PostgreSQL, and both, and proves after each restart that every
 * acknowledged transfer is there, none twice, and every invariant holds. `bun run crash [--rounds N] [--seed N]`.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { verify } from "../../../apps/cli/verify.ts"
import { type BankProcess, freePort, startBank } from "./BankProcess.ts"
import { type Answered, type Asked, histories, openAccounts, send, transactionOf, transfers } from "./Load.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    "load-ms": { type: "string", default: "1500" }
  }
})

const accountCount = 20
const inFlight = 64

/** xorshift32, so that a printed seed repeats the requests. */
const seeded = (seed: number) => {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

interface Outcome {
  readonly acknowledged: ReadonlyArray<Answered>
  readonly unknown: ReadonlyArray<Asked>
}

/** Keeps `inFlight` transfers under way until the victim is dead, and tells which were answered. */
const loadUntil = async (bank: BankProcess, next: () => Asked, kill: () => Promise<void>): Promise<Outcome> => {
  const acknowledged: Array<Answered> = []
  const unknown: Array<Asked> = []
  let over = false
  const worker = async () => {
    while (!over) {
      const asked = next()
      const answered = await send(bank, asked)
      if (answered === undefined) unknown.push(asked)
      else acknowledged.push(answered)
    }
  }
  const workers = Array.from({ length: inFlight }, worker)
  await Bun.sleep(Number(values["load-ms"]))
  await kill()
  over = true
  await Promise.all(workers)
  return { acknowledged, unknown }
}

const fail = (message: string): never => {
  throw new Error(`seed ${values.seed}: ${message}`)
}

/** Sends everything once more: the acknowledged must be answered as before, the unknown must now be decided. */
const retryAll = async (bank: BankProcess, { acknowledged, unknown }: Outcome): Promise<ReadonlyArray<Answered>> => {
  const all: ReadonlyArray<Asked> = [...acknowledged, ...unknown]
  const answers: Array<Answered> = []
  const queue = [...all]
  const worker = async () => {
    for (let asked = queue.pop(); asked !== undefined; asked = queue.pop())
      answers.push((await send(bank, asked, 50)) ?? fail(`${asked.key} was never answered`))
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const before = new Map(acknowledged.map((answered) => [answered.key, answered]))
  for (const answered of answers) {
    const first = before.get(answered.key)
    if (first !== undefined && (first.status !== answered.status || first.text !== answered.text))
      fail(`${answered.key} was answered ${first.status} ${first.text} and then ${answered.status} ${answered.text}`)
  }
  return answers
}

const dataDir = await mkdtemp(join(tmpdir(), "bank-crash-"))
// As root, PostgreSQL runs as another user, who has to pass through.
await chmod(dataDir, 0o711)
const random = seeded(Number(values.seed))
const ports = { rest: await freePort(), rpc: await freePort() }
let bank = await startBank(dataDir, ports)
const ids = await openAccounts(bank, accountCount)
const accepted = new Set<string>()
const rounds = Number(values.rounds)
console.log(`seed ${values.seed}, ${rounds} rounds, ${accountCount} accounts, ${inFlight} transfers in flight`)

for (let round = 0; round < rounds; round++) {
  const victim = (["bank, then PostgreSQL", "PostgreSQL", "bank"] as const)[round % 3]
  const kill = async () => {
    if (victim !== "PostgreSQL") await bank.killBank()
    if (victim !== "bank") await bank.killPostgres()
  }
  const outcome = await loadUntil(bank, transfers(ids, random, `round-${round}`), kill)
  if (victim !== "PostgreSQL") bank = await startBank(dataDir, ports)
  const answers = await retryAll(bank, outcome)
  for (const answered of answers) if (answered.status === 201) accepted.add(transactionOf(answered))
  const { entries, cents } = await histories(bank, ids)
  for (const id of accepted)
    if (entries.get(id) !== 2) fail(`transfer ${id} has ${entries.get(id) ?? 0} entries, not 2`)
  for (const id of entries.keys()) if (!accepted.has(id)) fail(`transfer ${id} was never asked for, or was done twice`)
  if (cents !== BigInt(accountCount) * 100_000n) fail(`the accounts hold ${cents} cents, not ${accountCount * 100_000}`)
  console.log(
    `round ${round + 1}: killed ${victim}; ${outcome.acknowledged.length} acknowledged, ${outcome.unknown.length} cut off, ` +
      `${accepted.size} transfers on the books, each once; balances add up`
  )
}

const code = await bank.stop()
if (code !== 0) fail(`the bank stopped with ${code}:\n${bank.output()}`)
const checked = await Effect.runPromise(Effect.scoped(verify({ dataDir })))
const violations = [...checked.violations, ...checked.findings]
if (violations.length > 0) fail(`invariants violated:\n${violations.map((each) => JSON.stringify(each)).join("\n")}`)
await rm(dataDir, { recursive: true, force: true })
console.log("every acknowledged transfer is there, none twice, and all invariants hold")
