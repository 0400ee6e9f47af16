/**
 * Compares a ledger with the reference model on as many random requests as are asked for:
 * `bun infra/testing/reference/long.ts [--commands 1000000] [--seed N] [--ledger domain|memory] [--postgres URL]`.
 *
 * `--postgres` takes the URL of a database that it may migrate; each sequence is a ledger of its own in it. Prints the
 * seed, what was covered and how long it took; on a difference it prints a short sequence that shows it and exits with 1.
 */
import { parseArgs } from "node:util"
import { Layer } from "effect"
import { layer as ids } from "../../../adapters/ids/index.ts"
import { ledgerLayer } from "../../../adapters/memory/index.ts"
import { Ledger, LedgerAudit, Migrator, Postgres } from "../../../adapters/postgres/index.ts"
import { LedgerId, TypedId } from "../../../domain/ids/index.ts"
import { compare, report } from "./compare.ts"
import { domainSubject } from "./DomainSubject.ts"
import { ledgerSubject } from "./LedgerSubject.ts"
import { observationOf, type Subject } from "./Observation.ts"
import { sequenceOf } from "./random.ts"
import { count, emptyTally, printed, type Tally } from "./Tally.ts"

/** Requests of one sequence: long enough for histories, short enough to sum them anew for every answer. */
const sequenceLength = 2000

const millisBetweenLines = 10_000

/** The ledger in memory. */
export const memorySubject: Subject = ledgerSubject(() => Layer.provide(ledgerLayer, ids))

/**
 * Ledgers in the PostgreSQL at `url`. Their caches hold fewer accounts than a sequence uses and their batches fewer
 * requests than are sent at once, so that accounts are loaded and put away all the time.
 */
export const postgresSubject = (url: string): Subject =>
  ledgerSubject(() => {
    const ledgerId = LedgerId.make(TypedId.fromUuid("led", crypto.randomUUID()))
    const ledger = Ledger.layer({
      ledgerId,
      accountsCachedMax: 8,
      accountsPackedMax: 16,
      answersKeptMax: 16,
      batchMax: 32
    })
    return Layer.merge(ledger, LedgerAudit.layer(ledgerId)).pipe(
      Layer.provide(Migrator.layer),
      Layer.provide(Postgres.layer({ url })),
      Layer.provide(ids)
    )
  })

/**
 * Runs sequences of consecutive seeds until `commands` requests are compared or one differs. `tell` gets a line now and
 * then, and the report of a difference.
 */
export const runLong = async (
  subject: Subject,
  commands: number,
  seedFirst: number,
  tell: (text: string) => void
): Promise<{ readonly tally: Tally; readonly differs: boolean }> => {
  const tally = emptyTally()
  let told = performance.now()
  for (let seed = seedFirst; tally.others.requests < commands; seed++) {
    const sequence = sequenceOf(seed, Math.min(sequenceLength, commands - tally.others.requests))
    count(tally, sequence)
    const found = await compare(sequence.steps, subject, observationOf(sequence.answers, sequence.model))
    if (found !== undefined) {
      tell(await report(seed, sequence.steps, subject, found))
      return { tally, differs: true }
    }
    if (performance.now() - told < millisBetweenLines) continue
    told = performance.now()
    tell(`${tally.others.requests} requests agree, seeds ${seedFirst} to ${seed}`)
  }
  return { tally, differs: false }
}

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: expected a whole number, got ${text}`)
  return number
}

const subjectOf = (ledger: string, postgres: string | undefined): Subject => {
  if (postgres !== undefined) return postgresSubject(postgres)
  if (ledger === "domain") return domainSubject
  if (ledger === "memory") return memorySubject
  throw new Error(`--ledger: expected domain or memory, got ${ledger}`)
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      commands: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(crypto.getRandomValues(new Uint32Array(1))[0]) },
      ledger: { type: "string", default: "domain" },
      postgres: { type: "string" }
    }
  })
  const started = performance.now()
  const seed = numberOf("seed", values.seed)
  console.log(`seed ${seed}`)
  const subject = subjectOf(values.ledger, values.postgres)
  const { tally, differs } = await runLong(subject, numberOf("commands", values.commands), seed, console.log)
  console.log(printed(tally))
  console.log(`${differs ? "differs" : "agrees"}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  process.exitCode = differs ? 1 : 0
}

if (import.meta.main) await main()
