import { parseArgs } from "node:util"

/** The benchmarks that there are, and how many requests each has on their way at once unless told. */
const inFlightDefaults = { ledger: "1,64,1024,8192", endtoend: "1,64,512", large: "8192", auth: "1,2" }

export type Benchmark = keyof typeof inFlightDefaults

/** What a run of the benchmark was asked for. */
export interface Asked {
  readonly benchmark: Benchmark
  readonly rounds: number
  /** How long each contender is measured in each round. */
  readonly seconds: number
  /** Requests on their way at once, ascending: one contender each. */
  readonly inFlight: ReadonlyArray<number>
  /** How large the large ledger is before it is measured. */
  readonly accounts: number
  readonly entries: number
  /** Only contenders whose names have one of these texts; all where there is none. */
  readonly only: ReadonlyArray<string>
  /** Where the single samples are written as JSON. */
  readonly json: string | undefined
}

/** The ledger turns more away by default, and a request that is turned away is not measured. */
const inFlightMax = 32_768

export const usage = `npm run bench -- [ledger|endtoend|large|auth] [options]

  ledger       the ledger through its port, beside pgbench and the naive transfer (the default)
  endtoend     the bank as a process of its own, over REST and gRPC
  large        the ledger with many accounts and entries, beside an empty one
  auth         access tokens, decisions on who may do what, and passwords; in flight are passwords only

  --rounds     rounds, 1 to 100; every contender runs once in each (5)
  --seconds    how long each contender runs in each round, 1 to 600 (3)
  --in-flight  how many requests are on their way at once, 1 to ${inFlightMax} each
               (ledger ${inFlightDefaults.ledger}; endtoend ${inFlightDefaults.endtoend}; large ${inFlightDefaults.large}; auth ${inFlightDefaults.auth})
  --accounts   accounts of the large ledger, 2 to 10000000 (1000000)
  --entries    entries of the large ledger, at least two an account, to 1000000000 (20000000)
  --only       of endtoend: only contenders whose names contain one of these texts, such as pgbench,batch
  --json       file for every single sample`

const whole = (name: string, text: string, min: number, max: number): number => {
  const value = Number(text)
  if (!/^\d+$/u.test(text) || value < min || value > max)
    throw new RangeError(`${name}: expected a whole number from ${min} to ${max}, got "${text}"`)
  return value
}

const isBenchmark = (name: string): name is Benchmark => Object.hasOwn(inFlightDefaults, name)

const benchmarkOf = (names: ReadonlyArray<string>): Benchmark => {
  const [name = "ledger", second] = names
  if (second !== undefined) throw new RangeError(`Expected one benchmark at a time, got "${names.join(" ")}"`)
  if (isBenchmark(name)) return name
  throw new RangeError(`There is no benchmark "${name}", only: ${Object.keys(inFlightDefaults).join(", ")}`)
}

/** Reads the command line. Throws an error whose message says what is wrong with it. */
export const argumentsFrom = (line: ReadonlyArray<string>): Asked => {
  const { values, positionals } = parseArgs({
    args: [...line],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      "in-flight": { type: "string" },
      accounts: { type: "string", default: "1000000" },
      entries: { type: "string", default: "20000000" },
      only: { type: "string", default: "" },
      json: { type: "string" }
    }
  })
  const benchmark = benchmarkOf(positionals)
  const counts = (values["in-flight"] ?? inFlightDefaults[benchmark]).split(",")
  const inFlight = counts.map((text) => whole("--in-flight", text, 1, inFlightMax))
  const accounts = whole("--accounts", values.accounts, 2, 10_000_000)
  return {
    benchmark,
    rounds: whole("--rounds", values.rounds, 1, 100),
    seconds: whole("--seconds", values.seconds, 1, 600),
    inFlight: [...new Set(inFlight)].sort((a, b) => a - b),
    accounts,
    entries: whole("--entries", values.entries, 2 * accounts, 1_000_000_000),
    only: values.only.split(",").filter((text) => text !== ""),
    json: values.json
  }
}
