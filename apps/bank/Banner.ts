import type { Demo as Accounts } from "./DemoData.ts"
import type { DemoLogins } from "./People.ts"

type Demo = Accounts & { readonly logins: DemoLogins }

/** What a start tells the person at the terminal. */
export interface Started {
  readonly restUrl: string
  readonly rpcUrl: string
  readonly authUrl: string
  readonly database: string
  /** There is none in production. */
  readonly token: string | undefined
  readonly demo: Demo | undefined
  readonly startedInMs: number
}

const demoLines = (demo: Demo): ReadonlyArray<string> => [
  "",
  "  Demo accounts",
  ...[demo.alice, demo.bob, demo.savings].map((account) => `    ${account.id}  ${account.name ?? ""}`),
  "",
  `  Demo logins (password ${demo.logins.password})`,
  `    ${demo.logins.emails.join("  ")}`
]

const tourLines = (started: Started, demo: Demo): ReadonlyArray<string> => [
  "",
  "  Try it",
  `    curl -s ${started.restUrl}/v1/accounts/${demo.alice.id} -H 'Authorization: Bearer ${started.token ?? "…"}'`
]

/** The banner, ready to print: where the bank is, how to get in, and what is there already. */
export const banner = (started: Started): string =>
  [
    "",
    `  Gophers Bank is ready (${(started.startedInMs / 1000).toFixed(1)} s)`,
    "",
    `  REST       ${started.restUrl}/v1   docs ${started.restUrl}/docs`,
    `  Connect    ${started.rpcUrl}      also gRPC and gRPC-Web, with reflection`,
    `  Login      ${started.authUrl}      OAuth 2 and OpenID Connect`,
    `  Database   ${started.database}`,
    ...(started.token === undefined ? [] : [`  Token      ${started.token}   for development: it may do everything`]),
    ...(started.demo === undefined ? [] : [...demoLines(started.demo), ...tourLines(started, started.demo)]),
    "",
    "  Stop with Ctrl-C: what was accepted is finished first.",
    ""
  ].join("\n")
