/** People of a test's bank: customers who have registered over REST, and staff whose tokens the test gives out. */
import assert from "node:assert/strict"
import { Schema } from "effect"
import type { Caller } from "../../application/ports/Caller.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { Role } from "../../domain/identity/index.ts"
import { TypedId, UserId } from "../../domain/ids/index.ts"
import { anyone } from "../contract/index.ts"
import { codeAt } from "./outside.fixture.ts"
import { start, type TestBank } from "./rest.fixture.ts"

export const password = "correct horse battery"

/** The body of a registration. */
export const registration = (email: string) => ({
  email,
  password,
  profile: {
    fullName: "Ada Lovelace",
    birthDate: "1990-12-10",
    address: { line1: "Unter den Linden 1", city: "Berlin", country: "DE" }
  }
})

/** Registers and verifies; gives the user as it was answered. */
export const register = async ({ send, secretTo }: TestBank, email: string) => {
  const begun = await send("POST", "/v1/users", { token: null, body: registration(email) })
  assert.equal(begun.status, 202, begun.text)
  const body = { ticket: begun.textAt("ticket"), code: await secretTo(email) }
  const verified = await send("POST", "/v1/users/verifications", { token: null, body })
  assert.equal(verified.status, 201, verified.text)
  return verified
}

/** Logs in by password alone. */
export const logIn = async ({ send }: TestBank, email: string) => {
  const answer = await send("POST", "/v1/sessions", { token: null, body: { email, password } })
  assert.equal(answer.status, 200, answer.text)
  return answer
}

/** A customer who has registered and logged in. */
export interface Person {
  readonly email: string
  readonly user: string
  readonly customer: string
  readonly session: string
  readonly token: string
}

export const newCustomer = async (bank: TestBank, email: string): Promise<Person> => {
  const registered = await register(bank, email)
  const { textAt } = await logIn(bank, email)
  return {
    email,
    user: registered.textAt("id"),
    customer: registered.textAt("customer"),
    session: textAt("session.id"),
    token: textAt("accessToken")
  }
}

/** Sets up an authenticator app; gives the recovery codes. */
export const addTotp = async (
  { send, now }: TestBank,
  { token }: Pick<Person, "token">
): Promise<ReadonlyArray<string>> => {
  const begun = await send("POST", "/v1/users/me/factors/totp", { token })
  assert.equal(begun.status, 200, begun.text)
  const confirmed = await send("POST", "/v1/users/me/factors/totp/confirm", { token, body: { code: codeAt(now()) } })
  assert.equal(confirmed.status, 200, confirmed.text)
  return Schema.decodeUnknownSync(Schema.Array(Schema.String))(confirmed.at("recoveryCodes"))
}

/** Proves the authenticator app once more; gives the new access token. A code is taken once, so the clock goes on. */
export const raise = async ({ send, now, setTime }: TestBank, { token }: Pick<Person, "token">): Promise<string> => {
  setTime(now() + 30_000)
  const raised = await send("POST", "/v1/users/me/sessions/current/raise", { token, body: { code: codeAt(now()) } })
  assert.equal(raised.status, 200, raised.text)
  return raised.textAt("accessToken")
}

/** The id of the only user of a letter. */
export const userId = (letter: string): UserId =>
  UserId.make(TypedId.fromUuid("usr", `00000000-0000-7000-8000-${letter.charCodeAt(0).toString(16).padStart(12, "0")}`))

/** One of the bank's staff who has just proved a second factor; the letter is its token's name and its user's. */
export const staff = (letter: string, role: Role): readonly [string, Caller] => [
  letter,
  { ...anyone, id: `staff-${letter}`, roles: [role], user: userId(letter), authenticatedAt: Instant.fromMillis(start) }
]
