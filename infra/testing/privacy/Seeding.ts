/** Users who do everything over REST and at the login pages that leaves something personal or secret behind. */
import { Effect, Schema } from "effect"
import { Secret, TOTP } from "otpauth"
import { UserStore } from "../../../application/ports/UserStore.ts"
import { UserId } from "../../../domain/ids/index.ts"
import { authenticator } from "../authenticator.ts"
import { apiOf } from "./Api.ts"
import type { Desk } from "./Desk.ts"
import { secretMailed } from "./Mailbox.ts"
import type { Person } from "./People.ts"
import type { Collection } from "./Values.ts"
import { logInByPassword, noteToken, refresh, visit } from "./Visitor.ts"

/** A bank that runs, and what is noted about it. */
export interface Place {
  readonly desk: Desk
  readonly dataDir: string
  readonly issuer: string
  readonly restUrl: string
  /** The development token, which may do everything. */
  readonly staffToken: string
  readonly values: Collection
}

const Anything = Schema.Unknown
const Ticket = Schema.Struct({ ticket: Schema.String })
const Identified = Schema.Struct({ id: UserId })
const Versioned = Schema.Struct({ version: Schema.Int })
const Session = Schema.Struct({ accessToken: Schema.String, refreshToken: Schema.String, device: Schema.String })
const Totp = Schema.Struct({ secret: Schema.String, uri: Schema.String })
const Codes = Schema.Struct({ recoveryCodes: Schema.Array(Schema.String) })
const Step = Schema.Struct({ ticket: Schema.String, options: Schema.Struct({ challenge: Schema.String }) })
const Client = Schema.Struct({ client: Schema.Struct({ id: Schema.String }), secret: Schema.String })

/** Codes of eight digits are found by chance; with what stands beside them in an object or an address they are not. */
const noteCode = (values: Collection, code: string): string => {
  for (const text of [`"${code}"`, `code=${code}`, `code: ${code}`]) values.random("mailed code", text)
  return code
}

const noteSession = (values: Collection, session: typeof Session.Type): string => {
  noteToken(values, "refresh token", session.refreshToken)
  values.random("secret of a device", session.device)
  return noteToken(values, "access token", session.accessToken)
}

const registered = async ({ restUrl, dataDir, values }: Place, person: Person): Promise<UserId> => {
  const { email, password, profile } = person
  const api = apiOf(restUrl, person)
  const { ticket } = await api("/v1/users", Ticket, { method: "POST", body: { email, password, profile } })
  values.random("ticket", ticket)
  const code = noteCode(values, await secretMailed(dataDir, email, "verify_email"))
  const { id } = await api("/v1/users/verifications", Identified, { method: "POST", body: { ticket, code } })
  return id
}

/** Another address, another profile, a check of the person, and another password. */
const changed = async (place: Place, person: Person, user: UserId, token: string): Promise<void> => {
  const { restUrl, dataDir, values } = place
  const api = apiOf(restUrl, person, token)
  const own = `/v1/users/${user}`
  const email = person.nextEmail
  await api(`${own}/email`, Anything, { method: "POST", body: { email, password: person.password } })
  const code = noteCode(values, await secretMailed(dataDir, email, "change_email"))
  await api(`${own}/email/confirm`, Anything, { method: "POST", body: { code } })
  const { version } = await api(own, Versioned)
  const profile = { profile: person.nextProfile }
  await api(own, Anything, { method: "PATCH", body: profile, headers: { "if-match": `"${version}"` } })
  await api(`${own}/kyc`, Anything, { method: "POST", body: { level: "basic" } })
  const anyone = apiOf(restUrl, person)
  await anyone("/v1/password-resets", Anything, { method: "POST", body: { email } })
  const reset = values.random("token of a reset", await secretMailed(dataDir, email, "reset_password"))
  const body = { token: reset, password: person.nextPassword }
  await anyone("/v1/password-resets/confirm", Anything, { method: "POST", body })
}

/** An authenticator app, and with what it proves a passkey besides; gives the recovery codes that are left. */
const withFactors = async (place: Place, person: Person, user: UserId): Promise<ReadonlyArray<string>> => {
  const { desk, restUrl, issuer, values } = place
  const anyone = apiOf(restUrl, person)
  const login = { email: person.nextEmail, password: person.nextPassword }
  const single = await anyone("/v1/sessions", Session, { method: "POST", body: login })
  const factors = `/v1/users/${user}/factors`
  const api = apiOf(restUrl, person, noteSession(values, single))
  const { secret, uri } = await api(`${factors}/totp`, Totp, { method: "POST", body: {} })
  values.random("TOTP secret", secret)
  values.random("TOTP secret, hexadecimal", Buffer.from(Secret.fromBase32(secret).bytes).toString("hex"))
  values.random("address of a TOTP secret", uri)
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
  const { recoveryCodes } = await api(`${factors}/totp/confirm`, Codes, { method: "POST", body: { code } })
  for (const each of recoveryCodes) {
    values.random("recovery code", each)
    values.random("recovery code without hyphens", each.replaceAll("-", ""))
  }

  const [spent = "", ...left] = recoveryCodes
  const { ticket } = await anyone("/v1/sessions", Ticket, { method: "POST", body: login })
  const proof = { ticket: values.random("ticket", ticket), recoveryCode: spent }
  const proved = await anyone("/v1/sessions", Session, { method: "POST", body: proof })
  const sure = apiOf(restUrl, person, noteSession(values, proved))
  const step = await sure(`${factors}/passkeys/options`, Step, { method: "POST", body: {} })
  values.random("ticket", step.ticket)
  const device = authenticator({ rpId: new URL(issuer).hostname, origin: issuer })
  const answer = device.create(values.random("challenge of a passkey", step.options.challenge))
  const name = values.personal("name of a passkey", `Phone of ${user.slice(-12)}`)
  const body = { ticket: step.ticket, name, answer }
  await sure(`${factors}/passkeys`, Anything, { method: "POST", body })
  values.random("id of a passkey", answer.id)
  await sure(`/v1/users/${user}/export`, Anything)
  const credentials = await desk.runPromise(Effect.flatMap(UserStore, (users) => users.credentials(user)))
  for (const { publicKey } of credentials.passkeys) values.random("public key of a passkey", publicKey)
  if (credentials.password !== undefined) values.random("hash of a password", credentials.password)
  return left
}

/** Logs in at the pages with a recovery code as the second factor. */
const logInByRecovery = async (place: Place, person: Person, recoveryCode: string): Promise<void> => {
  const { issuer, values } = place
  const visitor = await visit(issuer, person, values)
  const asked = await visitor.logIn(person.nextEmail, person.nextPassword)
  const [, ticket] = /name="ticket" value="([\w-]+)"/u.exec(asked.html) ?? []
  if (ticket === undefined) throw new Error(`no second factor was asked for: ${asked.status}`)
  values.random("ticket", ticket)
  await visitor.tokensOf(await visitor.tab.submit(asked, "/factor", { recoveryCode }))
}

/** What the bank's people read and change of a user, each time with a reason, and a request that waits for a second one. */
const served = async (place: Place, person: Person, user: UserId): Promise<void> => {
  const staff = apiOf(place.restUrl, person, place.staffToken)
  const own = `/v1/users/${user}`
  await staff(own, Anything)
  await staff("/v1/users?limit=5", Anything)
  await staff(`${own}/kyc/review`, Anything, { method: "POST", body: { outcome: "approved" } })
  const command = { user, roles: ["customer", "auditor"] }
  const body = { operation: "users.assignRoles", command, reason: person.origin.reason }
  await staff("/v1/approvals", Anything, { method: "POST", body, headers: { "idempotency-key": `roles-${user}` } })
  await staff(`/v1/audit?object=${user}`, Anything)
}

/** A program's client and its token. */
export const programSeeded = async ({ restUrl, issuer, staffToken, values }: Place, person: Person): Promise<void> => {
  const body = {
    name: "Settlement",
    confidentiality: "confidential",
    grantTypes: ["client_credentials"],
    redirectUris: [],
    scopes: ["accounts:read"]
  }
  const { client, secret } = await apiOf(restUrl, person, staffToken)("/v1/clients", Client, { method: "POST", body })
  values.random("client secret", secret)
  const basic = values.random("client's basic authorization", btoa(`${client.id}:${secret}`))
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "accounts:read" })
  })
  const text = await answer.text()
  const [, token] = /"access_token":"([^"]+)"/u.exec(text) ?? []
  if (token === undefined) throw new Error(`a program got no token: ${answer.status}`)
  noteToken(values, "access token", token)
}

/** Registers a person, who then does everything that a user may; gives its id and the access token of its web login. */
export const seeded = async (place: Place, person: Person) => {
  const { issuer, restUrl, values } = place
  const user = await registered(place, person)
  const first = await logInByPassword(issuer, person, person, values)
  if (first.refresh_token !== undefined) await refresh(issuer, first.refresh_token, values)
  const anyone = apiOf(restUrl, person)
  const login = { email: person.email, password: person.password }
  const session = await anyone("/v1/sessions", Session, { method: "POST", body: login })
  await changed(place, person, user, noteSession(values, session))
  const [recoveryCode = ""] = await withFactors(place, person, user)
  await logInByRecovery(place, person, recoveryCode)
  await served(place, person, user)
  // Left waiting, so that a challenge is there when the dump is made.
  await anyone("/v1/password-resets", Anything, { method: "POST", body: { email: person.nextEmail } })
  return { user, accessToken: first.access_token }
}
