/** The rows of the access matrix for REST; `AccessMatrix.ts` says how to read and add them. */
import {
  closes,
  type Expected,
  everyone,
  lists,
  manages,
  opens,
  operates,
  operatesByTwo,
  pays,
  paysBatch,
  paysCash,
  sees,
  thaws,
  undoesByTwo
} from "./AccessMatrix.ts"
import type { Things } from "./AccessWorld.ts"

/** The parts of a request that the route does not say. */
export interface RestRequest {
  readonly body?: unknown
  /** With its question mark. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Parameters of the path that are not the things of their names. */
  readonly path?: Readonly<Record<string, string>>
}

/** A route such as `GET /v1/accounts/{account}`, and how it is asked about things. */
export interface RestRow {
  readonly name: string
  readonly expected: Expected
  readonly request: (it: Things) => RestRequest
}

const row = (name: string, expected: Expected, request: RestRow["request"] = () => ({})): RestRow => ({
  name,
  expected,
  request
})

const amount = { amount: "1.00", currency: "USD" }
const unconditionally = { "If-Match": "*" }

export const restRows: ReadonlyArray<RestRow> = [
  row("POST /v1/accounts", opens, ({ customer }) => ({
    body: { product: "checking", currency: "USD", owner: customer }
  })),
  row("GET /v1/accounts", lists, ({ customer }) => ({ query: `?owner=${customer}` })),
  row("GET /v1/accounts/{account}", sees),
  row("PATCH /v1/accounts/{account}", manages, () => ({ body: { name: "Holidays" }, headers: unconditionally })),
  row("PUT /v1/accounts/{account}/overdraft-limit", operates, () => ({
    body: { overdraftLimit: amount },
    headers: unconditionally
  })),
  row("POST /v1/accounts/{account}/freeze", manages, () => ({ body: { freeze: "debits" } })),
  row("POST /v1/accounts/{account}/unfreeze", thaws, ({ frozen }) => ({ path: { account: frozen }, body: {} })),
  row("POST /v1/accounts/{account}/close", closes, ({ spare, other }) => ({
    path: { account: spare },
    body: { sweepTo: other }
  })),
  row("POST /v1/accounts/{account}/deposits", paysCash, () => ({ body: { amount } })),
  row("POST /v1/accounts/{account}/withdrawals", paysCash, () => ({ body: { amount } })),
  row("GET /v1/accounts/{account}/balance", sees, () => ({ query: "?valueDate=2030-01-01" })),
  row("GET /v1/accounts/{account}/statements/{period}", sees),
  row("GET /v1/accounts/{account}/transactions", sees),
  row("GET /v1/accounts/{account}/entries/stream", sees),
  row("POST /v1/transfers", pays, ({ account, other }) => ({ body: { from: account, to: other, amount } })),
  row("POST /v1/transfers/batch", paysBatch, ({ account, other }) => ({
    body: { mode: "independent", items: [{ kind: "transfer", from: account, to: other, amount }] }
  })),
  row("POST /v1/transactions", operatesByTwo, ({ account, other }) => ({
    body: {
      entries: [
        { accountId: account, side: "debit", amount },
        { accountId: other, side: "credit", amount }
      ]
    }
  })),
  row("GET /v1/transactions/{transaction}", sees),
  row("GET /v1/transactions/{transaction}/proof", sees),
  row("POST /v1/transactions/{transaction}/reversals", undoesByTwo, () => ({ body: {} })),
  row("POST /v1/holds", pays, ({ account, other }) => ({ body: { from: account, to: other, amount } })),
  row("GET /v1/holds/{hold}", sees),
  row("POST /v1/holds/{hold}/captures", pays, () => ({ body: { amount, keepRest: true } })),
  row("POST /v1/holds/{hold}/release", pays, () => ({ body: {} })),
  row("GET /v1/ledger/tree-head", everyone),
  row("GET /v1/ledger/consistency", everyone, () => ({ query: "?from=1&to=2" }))
]
