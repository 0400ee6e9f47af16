/**
 * Who may do what, written down by hand from the bank's rules, and nothing of it derived from the policy's table: for every
 * route and RPC, every kind of caller, and an object of its own, of somebody else, and that does not exist.
 *
 * A row's request is asked for as the twelve callers below, then without a token, with one of another bank and with one that
 * lacks the row's scope. What must come of it is a letter for each:
 *
 *     +  the use case is reached        3  403, forbidden            0  404, exactly as if there were no such object
 *     1  401, not authenticated         4  403, approval_required
 *
 * The letters stand in the order of `columns`, with spaces as one likes: the customer `ann` and three customers to whom she
 * has delegated all her accounts; a teller and a loan officer of her branch, each followed by one of another branch; then
 * auditor, operator, administrator and service:
 *
 *     own       ++++ +0 +0 ++3+     of ann: her login, accounts, transaction, hold …
 *     foreign   0000 0+ 0+ ++3+     of zoe, who is of the other branch
 *     absent    0000 00 00 0030    ids that nobody has
 *
 * To add a route or an RPC, add a row to `AccessRest.ts` or `AccessRpc.ts`: its name, the expectation, and its request for
 * any `Things`. Parameters of a path are filled in from the things by their names, and idempotency keys of requests too. A
 * new kind of object is a new field of `Things`, made in `AccessWorld.ts`. What has no object has `own` alone.
 */
import type { Scope } from "../../domain/identity/index.ts"

/** The callers that have a letter of their own, in the order of the letters. */
export const columns = [
  "customer",
  "viewer",
  "transactor",
  "manager",
  "teller",
  "tellerElsewhere",
  "loanOfficer",
  "loanOfficerElsewhere",
  "auditor",
  "operator",
  "administrator",
  "service"
] as const
export type Column = (typeof columns)[number]

/** Those who are turned away wherever a token is needed: without one, of another bank, without the scope. */
export const outsiders = ["nobody", "stranger", "unscoped"] as const
export type Persona = Column | (typeof outsiders)[number]

export type Letter = "+" | "0" | "1" | "3" | "4"

/** `read` and `write` are on the audit log; `common` is what any customer may read; `unlogged` is inside the bank. */
export type Effect = "read" | "write" | "common" | "unlogged"

/** What must come of a request. `scope` is what the token must have; with `open` no token is needed. */
export interface Expected {
  readonly scope: Scope | "open"
  readonly effect: Effect
  readonly own: string
  readonly foreign?: string
  readonly absent?: string
  /** Codes, passwords and the like are made up: the use case is reached, and refuses them. */
  readonly isTrial?: true
}

const about = (scope: Scope, effect: Effect, own: string, foreign: string, absent: string): Expected => ({
  scope,
  effect,
  own,
  foreign,
  absent
})

/** Owners, who they let see it, the branch, and who sees everything. */
export const sees = about("accounts:read", "read", "++++ +0 +0 ++3+", "0000 0+ 0+ ++3+", "0000 00 00 0030")

/** As to see, but that for someone without accounts the answer is an empty list. */
export const lists = about("accounts:read", "read", "++++ +0 +0 ++3+", "0000 0+ 0+ ++3+", "0000 00 00 ++3+")

/** Owners, who they let pay, tellers of the branch, operators and programs. */
export const pays = about("payments:write", "write", "+0++ +0 33 3+3+", "0000 0+ 33 3+3+", "0000 00 33 3030")

/** Each item of a batch has an answer of its own for who may post them all. */
export const paysBatch = about("payments:write", "write", "+0++ +0 33 3+3+", "0000 0+ 33 3+3+", "0000 00 33 3+3+")

/** As to pay, but over the counter: no customer does it by itself. */
export const paysCash = about("payments:write", "write", "3033 +0 33 3+3+", "0000 0+ 33 3+3+", "0000 00 33 3030")

/** For oneself, or as staff or program for any customer who need not be known by name yet. */
export const opens = about("accounts:write", "write", "+000 +0 33 3+3+", "0000 0+ 33 3+3+", "0000 00 33 3+3+")

/** Owners, who they let manage, tellers of the branch, operators and programs. */
export const manages = about("accounts:write", "write", "+00+ +0 33 3+3+", "0000 0+ 33 3+3+", "0000 00 33 3030")

/** As to manage, but no teller. */
export const closes = about("accounts:write", "write", "+00+ 33 33 3+3+", "0000 33 33 3+3+", "0000 33 33 3030")

/** Tellers of the branch and operators. */
export const thaws = about("bank:admin", "write", "3333 +0 33 3+33", "3333 0+ 33 3+33", "3333 00 33 3033")

/** Operators. */
export const operates = about("bank:admin", "write", "3333 33 33 3+33", "3333 33 33 3+33", "3333 33 33 3033")

/** Operators, once a second person has approved it. */
export const operatesByTwo = about("bank:admin", "write", "3333 33 33 3433", "3333 33 33 3433", "3333 33 33 3433")

/** As before, of an object that must be there to be approved. */
export const undoesByTwo = about("bank:admin", "write", "3333 33 33 3433", "3333 33 33 3433", "3333 33 33 3033")

/** A user's own login, and nobody else's. */
export const changesOwn: Expected = {
  ...about("profile:write", "write", "+000 00 00 0003", "0000 00 00 0003", "0000 00 00 0003"),
  isTrial: true
}
export const readsOwn = about("profile:read", "read", "+000 00 00 0003", "0000 00 00 0003", "0000 00 00 0003")

/** As a user's own, and administrators. */
export const changesLogin: Expected = {
  ...about("profile:write", "write", "+000 00 00 00+3", "0000 00 00 00+3", "0000 00 00 0003"),
  isTrial: true
}
export const readsLogin = about("profile:read", "read", "+000 00 00 00+3", "0000 00 00 00+3", "0000 00 00 0003")

/** Of nobody who is absent there is a session. */
export const listsLogins = { ...readsLogin, absent: "0000 00 00 00+3" }
export const revokesLogins = { ...changesLogin, absent: "0000 00 00 00+3" }

/** Oneself, staff of the branch, and who sees every user. */
export const seesUser = about("profile:read", "read", "+000 +0 +0 +++3", "0000 0+ 0+ +++3", "0000 00 00 0003")

/** Tellers of the branch and operators decide who someone is. */
export const reviews: Expected = {
  ...about("bank:admin", "write", "3333 +0 33 3+33", "3333 0+ 33 3+33", "3333 00 33 3033"),
  isTrial: true
}

/** Administrators, of any user. */
export const administers: Expected = {
  ...about("bank:admin", "write", "3333 33 33 33+3", "3333 33 33 33+3", "3333 33 33 3303"),
  isTrial: true
}
export const administersByTwo = about("bank:admin", "write", "3333 33 33 3343", "3333 33 33 3343", "3333 33 33 3343")

/** Customers for themselves, operators for anyone. */
export const delegates = about("accounts:write", "write", "+000 33 33 3+33", "0000 33 33 3+33", "0000 33 33 3+33")
export const endsDelegation = about("accounts:write", "write", "+000 33 33 3+33", "0000 33 33 3+33", "0000 33 33 3033")
export const seesDelegation = about("accounts:read", "read", "+000 33 33 ++33", "0000 33 33 ++33", "0000 33 33 0033")
export const listsDelegations = { ...seesDelegation, absent: "0000 33 33 ++33" }

/** Whoever may ask for a second person. What operators ask for, only they may. */
export const files = about("bank:admin", "write", "3333 33 33 3+33", "3333 33 33 3+33", "3333 33 33 3033")
export const seesApproval = about("bank:admin", "read", "3333 ++ 33 +++3", "3333 ++ 33 +++3", "3333 00 33 0003")
export const decides = about("bank:admin", "write", "3333 33 33 3++3", "3333 33 33 3++3", "3333 33 33 3003")
export const listsApprovals: Expected = { scope: "bank:admin", effect: "read", own: "3333 ++ 33 +++3" }

/** What is of the bank as a whole. */
export const listsUsers: Expected = { scope: "bank:admin", effect: "read", own: "3333 33 33 +++3" }
export const audits: Expected = { scope: "bank:admin", effect: "read", own: "3333 33 33 +333" }
export const listsClients: Expected = { scope: "bank:admin", effect: "read", own: "3333 33 33 33+3" }
export const changesClients: Expected = { scope: "bank:admin", effect: "write", own: "3333 33 33 33+3" }
export const removesClients: Expected = { ...changesClients, isTrial: true }

/** Anyone, without a token. */
export const anyoneAsks: Expected = { scope: "open", effect: "write", own: "++++ ++ ++ ++++", isTrial: true }
export const anyoneReads: Expected = { scope: "open", effect: "common", own: "++++ ++ ++ ++++" }

/** Everyone with a token. */
export const everyone: Expected = { scope: "accounts:read", effect: "common", own: "++++ ++ ++ ++++" }

/** Programs of the bank, among themselves. */
export const programs: Expected = { scope: "bank:admin", effect: "unlogged", own: "3333 33 33 333+" }

/** The letters of a column's text, and those of the outsiders after them. */
export const lettersOf = ({ scope }: Expected, text: string): string =>
  `${text.replaceAll(" ", "")}${scope === "open" ? "+++" : "133"}`
