import { parseArgs } from "node:util"

/** What a run of the benchmark was asked for. */
export interface Arguments {
  readonly rounds: number
  /** How long each contender is measured in each round. */
  readonly seconds: number
  /** Requests on their way at once, ascending: one contender each. */
  readonly inFlight: ReadonlyArray<number>
  /** Where the single samples are written as JSON. */
  readonly json: string | undefined
}

/** The benchmarks that there are. */
const names = ["ledger"]

/** The ledger turns more away by default, and a request that is turned away is not measured. */
const inFlightMax = 32_768

export const usage = `npm run bench -- [ledger] [--rounds N] [--seconds S] [--in-flight 1,64,1024,8192] [--json FILE]

  --rounds     rounds, 1 to 100; every contender runs once in each (3)
  --seconds    how long each contender runs in each round, 1 to 600 (3)
  --in-flight  how many requests the ledger has on their way at once, 1 to ${inFlightMax} each (1,64,1024,8192)
  --json       file for every single sample`

const whole = (name: string, text: string, max: number): number => {
  const value = Number(text)
  if (!/^\d+$/u.test(text) || value < 1 || value > max)
    throw new RangeError(`${name}: expected a whole number from 1 to ${max}, got "${text}"`)
  return value
}

/** Reads the command line. Throws an error whose message says what is wrong with it. */
export const argumentsFrom = (line: ReadonlyArray<string>): Arguments => {
  const { values, positionals } = parseArgs({
    args: [...line],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      "in-flight": { type: "string", default: "1,64,1024,8192" },
      json: { type: "string" }
    }
  })
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new RangeError(`There is no benchmark "${unknown}", only: ${names.join(", ")}`)
  const inFlight = values["in-flight"].split(",").map((text) => whole("--in-flight", text, inFlightMax))
  return {
    rounds: whole("--rounds", values.rounds, 100),
    seconds: whole("--seconds", values.seconds, 600),
    inFlight: [...new Set(inFlight)].sort((a, b) => a - b),
    json: values.json
  }
}
