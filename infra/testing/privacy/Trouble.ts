/** Requests that fail, with personal data where none belongs, and a database that breaks while people are written. */
import type postgres from "postgres"
import { appClient } from "../../../application/ports/Tokens.ts"
import type { BankProcess } from "../crash/BankProcess.ts"
import type { Person } from "./People.ts"
import type { Place } from "./Seeding.ts"
import { visit } from "./Visitor.ts"

interface Probe {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const json = { "content-type": "application/json" }
const form = { "content-type": "application/x-www-form-urlencoded" }

/** What clients get wrong at the REST API. */
const restProbes = (bank: BankProcess, person: Person, token: string): ReadonlyArray<Probe> => {
  const { email, password, profile, origin } = person
  const { restUrl: at } = bank
  const authorization = `Bearer ${bank.token}`
  const everything = JSON.stringify({ email, password, profile })
  const headers = { ...json, authorization, "user-agent": origin.userAgent, "x-reason": encodeURI(origin.reason) }
  const encoded = encodeURIComponent(email)
  const transfer = { from: email, to: profile.phone, amount: { amount: password, currency: email } }
  return [
    { url: `${at}/v1/nothing/${encoded}?email=${encoded}`, method: "GET", headers },
    { url: `${at}/v1/accounts/${encoded}?limit=${encoded}`, method: "GET", headers },
    { url: `${at}/v1/accounts?owner=${encoded}&cursor=${encoded}`, method: "GET", headers },
    { url: `${at}/v1/accounts`, method: "GET", headers: { authorization: `Bearer ${password}` } },
    {
      url: `${at}/v1/accounts`,
      method: "GET",
      headers: { authorization: `Basic ${btoa(`x:${password}`.replaceAll(/[^ -~]/gu, ""))}` }
    },
    {
      url: `${at}/v1/accounts`,
      method: "GET",
      headers: { authorization: `Bearer ${token}x`, "user-agent": origin.userAgent }
    },
    { url: `${at}/v1/accounts`, method: "GET", headers: { authorization: `Bearer ${token}`, "if-none-match": email } },
    { url: `${at}/v1/accounts`, method: "POST", headers: { ...headers, "idempotency-key": "p 1" }, body: everything },
    {
      url: `${at}/v1/accounts`,
      method: "POST",
      headers: { ...headers, "idempotency-key": `p-${origin.address}` },
      body: JSON.stringify({ product: "checking", currency: "USD" })
    },
    {
      url: `${at}/v1/accounts`,
      method: "POST",
      headers: { ...headers, "idempotency-key": "p-2" },
      body: everything.slice(0, -9)
    },
    {
      url: `${at}/v1/transfers`,
      method: "POST",
      headers: { ...headers, "idempotency-key": "p-3" },
      body: JSON.stringify(transfer)
    },
    { url: `${at}/v1/transfers`, method: "PUT", headers, body: everything },
    {
      url: `${at}/v1/users`,
      method: "POST",
      headers,
      body: JSON.stringify({ email: profile, password: [password], profile: email })
    },
    { url: `${at}/v1/users`, method: "POST", headers, body: JSON.stringify({ email, password: "short", profile }) },
    { url: `${at}/v1/sessions`, method: "POST", headers, body: JSON.stringify({ email, password: `${password}!` }) },
    { url: `${at}/v1/sessions`, method: "POST", headers, body: JSON.stringify({ [email]: password }) },
    { url: `${at}/v1/password-resets`, method: "POST", headers, body: JSON.stringify({ email }) },
    { url: `${at}/v1/users/${encoded}`, method: "GET", headers },
    { url: `${at}/problems/${encoded}`, method: "GET", headers: {} }
  ]
}

/** What clients get wrong over Connect. */
const rpcProbes = (bank: BankProcess, person: Person): ReadonlyArray<Probe> => {
  const headers = { ...json, authorization: `Bearer ${bank.token}`, "user-agent": person.origin.userAgent }
  const { email, password, profile } = person
  return [
    ["bank.account.v1.AccountService/GetAccount", JSON.stringify({ account: email })],
    ["bank.account.v1.AccountService/OpenAccount", JSON.stringify({ [email]: password })],
    ["bank.user.v1.UserService/RegisterUser", JSON.stringify({ email: profile.phone, password, profile })],
    ["bank.user.v1.UserService/RegisterUser", JSON.stringify({ email, password, profile }).slice(0, -3)],
    ["bank.user.v1.UserService/RegisterUser", JSON.stringify({ email, password, profile })],
    ["bank.user.v1.SessionService/CreateSession", JSON.stringify({ logIn: { email, password }, email, password })],
    [`bank.nothing.v1/${encodeURIComponent(email)}`, "{}"]
  ].map(([path = "", body = ""]) => ({ url: `${bank.rpcUrl}/${path}`, method: "POST", headers, body }))
}

/** What clients get wrong at the login provider. */
const authProbes = (issuer: string, person: Person, token: string): ReadonlyArray<Probe> => {
  const { email, password, origin } = person
  const headers = { ...form, "user-agent": origin.userAgent, "x-forwarded-for": origin.address }
  const body = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()
  const encoded = encodeURIComponent(email)
  return [
    { url: `${issuer}/nothing?email=${encoded}`, method: "GET", headers: { "user-agent": origin.userAgent } },
    { url: `${issuer}/auth?client_id=${encoded}&login_hint=${encoded}`, method: "GET", headers: {} },
    { url: `${issuer}/auth?client_id=${appClient}&login_hint=${encoded}&scope=${encoded}`, method: "GET", headers: {} },
    { url: `${issuer}/interaction/${encoded}/login`, method: "POST", headers, body: body({ email, password }) },
    {
      url: `${issuer}/token`,
      method: "POST",
      headers,
      body: body({ grant_type: "password", username: email, password })
    },
    {
      url: `${issuer}/token`,
      method: "POST",
      headers,
      body: body({ grant_type: "refresh_token", refresh_token: token, client_id: email })
    },
    {
      url: `${issuer}/token`,
      method: "POST",
      headers,
      body: body({
        grant_type: "authorization_code",
        code: email,
        client_id: appClient,
        code_verifier: password,
        redirect_uri: email
      })
    },
    {
      url: `${issuer}/token`,
      method: "POST",
      headers: { ...headers, authorization: `Basic ${btoa(`${email}:${password}`)}` },
      body: body({ grant_type: "client_credentials" })
    },
    {
      url: `${issuer}/token`,
      method: "POST",
      headers: { ...headers, ...json },
      body: JSON.stringify({ email, password })
    },
    {
      url: `${issuer}/request`,
      method: "POST",
      headers,
      body: body({ client_id: appClient, login_hint: email, response_type: "code" })
    },
    { url: `${issuer}/me`, method: "GET", headers: { authorization: `Bearer ${token}` } }
  ]
}

const told = (counts: ReadonlyMap<number, number>): string =>
  [...counts]
    .sort()
    .map(([status, count]) => `${count} × ${status}`)
    .join(", ")

/** Sends every request that is wrong; tells how many were answered by each status. */
export const askedWrongly = async (
  bank: BankProcess,
  { issuer }: Place,
  person: Person,
  token: string
): Promise<string> => {
  const probes = [...restProbes(bank, person, token), ...rpcProbes(bank, person), ...authProbes(issuer, person, token)]
  const counts = new Map<number, number>()
  for (const { url, body, ...rest } of probes) {
    const answer = await fetch(url, { ...rest, redirect: "manual", ...(body === undefined ? {} : { body }) })
    await answer.arrayBuffer()
    counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
  }
  return told(counts)
}

/** Wrong passwords and addresses at the login pages, until they are turned away, and a form that is none. */
export const loggedInWrongly = async ({ issuer, values }: Place, person: Person): Promise<void> => {
  const visitor = await visit(issuer, person, values)
  for (let attempt = 0; attempt < 7; attempt++) await visitor.logIn(person.email, `${person.password}${attempt}`)
  await visitor.logIn(`unknown.${person.email}`, person.password)
  await visitor.logIn(person.password, person.email)
  await visitor.tab.submit(visitor.page, "/login", { email: person.email, password: person.password.repeat(2000) })
  visitor.noteCookies()
}

/** The bank's sessions in PostgreSQL, but for the one that asks. */
const others = "datname = current_database() and pid <> pg_backend_pid()"

/** Tables that refuse every row for a while, each by itself: what comes first of a request must not spare the rest. */
const refusing = ["users.failed_login", "users.challenge", "users.session", "audit.entry"]

/** Looks for what waits, and for PostgreSQL to come back: this often, with this much time between. */
const looksMax = 250
const lookMs = 20

/**
 * Writes people while the database breaks: statements that wait are cancelled, their sessions ended, tables refuse every
 * row, and at last a server process is killed, upon which PostgreSQL recovers as after a crash. Tells how many requests
 * were answered by each status.
 */
export const writtenInTrouble = async (
  { issuer, restUrl, values }: Place,
  sql: postgres.Sql,
  people: ReadonlyArray<Person>
): Promise<string> => {
  const counts = new Map<number, number>()
  const attempts = () =>
    Promise.allSettled(
      people.flatMap((person) => {
        const { email, password, profile, origin } = person
        const headers = { ...json, "user-agent": origin.userAgent, "x-forwarded-for": origin.address }
        const post = (path: string, body: object) =>
          fetch(`${restUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
        const visiting = visit(issuer, person, values).then((visitor) => visitor.logIn(email, password))
        const asked = [
          post("/v1/users", { email, password, profile }),
          post("/v1/sessions", { email, password }),
          post("/v1/password-resets", { email }),
          visiting
        ]
        return asked.map(async (answer) => {
          const { status } = await answer
          counts.set(status, (counts.get(status) ?? 0) + 1)
        })
      })
    )
  const waiting = async (): Promise<void> => {
    for (let look = 0; look < looksMax; look++) {
      const [row] = await sql<Array<{ readonly count: number }>>`
        select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and ${sql.unsafe(others)}`
      if ((row?.count ?? 0) > 0) return
      await Bun.sleep(lookMs)
    }
  }
  const locked = async (end: "pg_cancel_backend" | "pg_terminate_backend"): Promise<void> => {
    const asked = await sql.begin(async (held) => {
      await held`lock table users.challenge, users.failed_login, users.session in access exclusive mode`
      const answers = attempts()
      await waiting()
      await held.unsafe(`select ${end}(pid) from pg_stat_activity where wait_event_type = 'Lock' and ${others}`)
      return { answers }
    })
    await asked.answers
  }
  await locked("pg_cancel_backend")
  await locked("pg_terminate_backend")
  for (const table of refusing) {
    await sql.unsafe(`alter table ${table} add constraint refuses check (false) not valid`)
    await attempts()
    await sql.unsafe(`alter table ${table} drop constraint refuses`)
  }
  await killed(sql, attempts)
  return told(counts)
}

/** Kills a server process while people are written, and waits until PostgreSQL takes connections again. */
const killed = async (sql: postgres.Sql, attempts: () => Promise<unknown>): Promise<void> => {
  const backends = await sql<Array<{ readonly pid: number }>>`
    select pid from pg_stat_activity where ${sql.unsafe(others)} and application_name like '%users%' limit 1`
  const answers = attempts()
  for (const { pid } of backends) process.kill(pid, "SIGKILL")
  await answers
  for (let look = 0; look < looksMax; look++) {
    const isBack = await sql`select 1`.then(
      () => true,
      () => false
    )
    if (isBack) return
    await Bun.sleep(lookMs * 2)
  }
  throw new Error("PostgreSQL did not come back after a kill")
}
