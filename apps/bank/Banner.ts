import type { Demo } from "./DemoData.ts"

/** What a start tells the person at the terminal. */
export interface Started {
  readonly restUrl: string
  readonly rpcUrl: string
  readonly database: string
  readonly token: string
  readonly demo: Demo | undefined
  readonly startedInMs: number
}

const demoLines = (demo: Demo): ReadonlyArray<string> => [
  "",
  "  Demo accounts",
  ...Object.values(demo).map((account) => `    ${account.id}  ${account.name ?? ""}`)
]

const tourLines = (started: Started, demo: Demo): ReadonlyArray<string> => [
  "",
  "  Try it",
  `    curl -s ${started.restUrl}/v1/accounts/${demo.alice.id} -H 'Authorization: Bearer ${started.token}'`
]

/** The banner, ready to print: where the bank is, how to get in, and what is there already. */
export const banner = (started: Started): string =>
  [
    "",
    `  Gophers Bank is ready (${(started.startedInMs / 1000).toFixed(1)} s)`,
    "",
    `  REST       ${started.restUrl}/v1   docs ${started.restUrl}/docs`,
    `  Connect    ${started.rpcUrl}      also gRPC and gRPC-Web, with reflection`,
    `  Database   ${started.database}`,
    `  Token      ${started.token}`,
    ...(started.demo === undefined ? [] : [...demoLines(started.demo), ...tourLines(started, started.demo)]),
    "",
    "  Stop with Ctrl-C: what was accepted is finished first.",
    ""
  ].join("\n")
