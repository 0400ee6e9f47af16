/** The rows of the access matrix for REST; `AccessMatrix.ts` says how to read and add them. */
import {
  administers,
  administersByTwo,
  anyoneAsks,
  anyoneReads,
  audits,
  changesClients,
  changesLogin,
  changesOwn,
  closes,
  decides,
  delegates,
  type Expected,
  endsDelegation,
  everyone,
  files,
  lists,
  listsApprovals,
  listsClients,
  listsDelegations,
  listsLogins,
  listsUsers,
  manages,
  opens,
  operates,
  operatesByTwo,
  pays,
  paysBatch,
  paysCash,
  readsLogin,
  readsOwn,
  removesClients,
  reviews,
  revokesLogins,
  sees,
  seesApproval,
  seesDelegation,
  seesUser,
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
const password = "correct horse battery staple"
const otherPassword = "eleven gophers dig tunnels"
const profile = { fullName: "Eve Example" }
const ticket = "Zm9yLXRoZS1leGFtcGxlLW9ubHk"
const callback = "https://login.bank.example/federated?state=af0ifjsldkj&code=SplxlOBeZQQYbYS6WxSbIA"
const someone = "cus_01h455vb4pex5vsknk084sn02q"
const clientOfTheirs = {
  name: "Household Ledger",
  confidentiality: "confidential",
  grantTypes: ["authorization_code", "refresh_token"],
  redirectUris: ["https://ledger.example/callback"],
  scopes: ["accounts:read"]
}
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
  row("GET /v1/ledger/consistency", everyone, () => ({ query: "?from=1&to=2" })),

  row("POST /v1/users", anyoneAsks, () => ({ body: { email: "eve@example.com", password, profile } })),
  row("POST /v1/users/verifications", anyoneAsks, () => ({ body: { ticket, code: "12345678" } })),
  row("GET /v1/users", listsUsers),
  row("GET /v1/users/{user}", seesUser),
  row("PATCH /v1/users/{user}", changesLogin, () => ({ body: { profile }, headers: unconditionally })),
  row("POST /v1/users/{user}/email", changesOwn, () => ({ body: { email: "eve@example.com", password } })),
  row("POST /v1/users/{user}/email/confirm", changesOwn, () => ({ body: { code: "12345678" } })),
  row("POST /v1/users/{user}/password", changesOwn, () => ({
    body: { oldPassword: password, password: otherPassword }
  })),
  row("POST /v1/users/{user}/close", changesLogin, () => ({ body: { password } })),
  row("GET /v1/users/{user}/export", readsLogin),
  row("POST /v1/users/{user}/erase", administers, () => ({ body: {} })),
  row("PUT /v1/users/{user}/roles", administersByTwo, () => ({
    body: { roles: ["auditor"] },
    headers: unconditionally
  })),
  row("POST /v1/users/{user}/kyc", changesOwn, () => ({ body: { level: "basic" } })),
  row("POST /v1/users/{user}/kyc/review", reviews, () => ({ body: { outcome: "approved" } })),
  row("POST /v1/password-resets", anyoneAsks, () => ({ body: { email: "eve@example.com" } })),
  row("POST /v1/password-resets/confirm", anyoneAsks, () => ({ body: { token: ticket, password } })),

  row("POST /v1/sessions", anyoneAsks, () => ({ body: { email: "eve@example.com", password } })),
  row("POST /v1/sessions/passkey-options", anyoneAsks, () => ({ body: {} })),
  row("POST /v1/sessions/second-factor-options", anyoneAsks, () => ({ body: { ticket } })),
  row("GET /v1/users/{user}/sessions", listsLogins),
  row("DELETE /v1/users/{user}/sessions/{session}", changesLogin),
  row("POST /v1/users/{user}/sessions/revoke", revokesLogins, () => ({ body: {} })),
  row("POST /v1/users/{user}/sessions/raise-options", changesOwn, () => ({ body: {} })),
  row("POST /v1/users/{user}/sessions/{session}/raise", changesOwn, () => ({ body: { code: "123456" } })),

  row("GET /v1/users/{user}/factors", readsOwn),
  row("POST /v1/users/{user}/factors/totp", changesOwn, () => ({ body: {} })),
  row("POST /v1/users/{user}/factors/totp/confirm", changesOwn, () => ({ body: { code: "123456" } })),
  row("DELETE /v1/users/{user}/factors/totp", changesOwn),
  row("POST /v1/users/{user}/factors/recovery-codes", changesOwn, () => ({ body: {} })),
  row("POST /v1/users/{user}/factors/passkeys/options", changesOwn, () => ({ body: {} })),
  row("POST /v1/users/{user}/factors/passkeys", changesOwn, () => ({
    body: { ticket, name: "Telephone", answer: { id: "AQID", type: "public-key" } }
  })),
  row("DELETE /v1/users/{user}/factors/passkeys/{passkey}", changesOwn, () => ({ path: { passkey: "AQID" } })),

  row("GET /v1/identity-providers", anyoneReads),
  row("POST /v1/federated-logins", anyoneAsks, () => ({ body: { provider: "google" } })),
  row("POST /v1/federated-logins/complete", anyoneAsks, () => ({ body: { callback, ticket } })),
  row("GET /v1/users/{user}/identities", readsOwn),
  row("POST /v1/users/{user}/identities/begin", changesOwn, () => ({ body: { provider: "google" } })),
  row("POST /v1/users/{user}/identities", changesOwn, () => ({ body: { callback, ticket } })),
  row("DELETE /v1/users/{user}/identities/{identity}", changesOwn, () => ({ path: { identity: "0".repeat(64) } })),

  row("POST /v1/delegations", delegates, ({ customer }) => ({
    body: { grantor: customer, grantee: someone, kind: "joint_holder", right: "view" }
  })),
  row("GET /v1/delegations", listsDelegations, ({ customer }) => ({ query: `?customer=${customer}` })),
  row("GET /v1/delegations/{delegation}", seesDelegation),
  row("POST /v1/delegations/{delegation}/revoke", endsDelegation, () => ({ body: {} })),

  row("POST /v1/approvals", files, ({ transaction }) => ({
    body: { operation: "transactions.reverse", command: { transaction } }
  })),
  row("GET /v1/approvals", listsApprovals),
  row("GET /v1/approvals/{approval}", seesApproval),
  row("POST /v1/approvals/{approval}/decision", decides, () => ({ body: { decision: "reject" } })),
  row("GET /v1/audit", audits),
  row("GET /v1/audit/head", audits),
  row("POST /v1/clients", changesClients, () => ({ body: clientOfTheirs })),
  row("GET /v1/clients", listsClients),
  row("DELETE /v1/clients/{client}", removesClients, () => ({ path: { client: "app_01h455vb4pex5vsknk084sn02q" } }))
]
