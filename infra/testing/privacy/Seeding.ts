/** Users who do everything that leaves something personal or secret behind. */
import { Clock, Effect } from "effect"
import { Secret, TOTP } from "otpauth"
import { authenticator } from "../../../adapters/factors/authenticator.fixture.ts"
import { registerClient } from "../../../application/clients/index.ts"
import { ApprovalStore } from "../../../application/ports/ApprovalStore.ts"
import { AuditLog } from "../../../application/ports/AuditLog.ts"
import type { Caller } from "../../../application/ports/Caller.ts"
import { keyOf } from "../../../application/ports/Idempotency.ts"
import { Ids } from "../../../application/ports/Ids.ts"
import type { Origin } from "../../../application/ports/Origin.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { UserStore } from "../../../application/ports/UserStore.ts"
import {
  beginPasskey,
  beginTotp,
  changeEmail,
  confirmEmail,
  confirmTotp,
  createSession,
  finishPasskey,
  registerUser,
  requestPasswordReset,
  resetPassword,
  submitKyc,
  updateProfile,
  verifyEmail
} from "../../../application/users/index.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { ApprovalId, TypedId, type UserId } from "../../../domain/ids/index.ts"
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
  readonly values: Collection
}

/** Codes of eight digits are found by chance; with what stands beside them in an object or an address they are not. */
const noteCode = (values: Collection, code: string): string => {
  for (const text of [`"${code}"`, `code=${code}`, `code: ${code}`]) values.random("mailed code", text)
  return code
}

const originOf = (person: Person): Origin => ({ requestId: "req_privacy", ...person.origin })

/** The user at its own app, its second factor proved now. */
const callerOf = (user: UserId): Effect.Effect<Caller, never, Terms> =>
  Effect.gen(function* () {
    const { tenant } = yield* Terms
    return {
      id: user,
      tenant,
      user,
      roles: ["customer"],
      scopes: [],
      kyc: "none",
      assurance: "mfa",
      authenticatedAt: Instant.fromMillis(yield* Clock.currentTimeMillis),
      client: "gophers-bank-app"
    }
  })

const registered = async ({ desk, dataDir, values }: Place, person: Person): Promise<UserId> => {
  const { email, password, profile } = person
  const { ticket } = await desk.runPromise(registerUser({ email, password, profile }, originOf(person)))
  values.random("ticket", ticket)
  const code = noteCode(values, await secretMailed(dataDir, email, "verify_email"))
  const { id } = await desk.runPromise(verifyEmail({ ticket, code }))
  return id
}

const changedAddress = async ({ desk, dataDir, values }: Place, person: Person, user: UserId): Promise<void> => {
  const { nextEmail: email, password } = person
  await desk.runPromise(Effect.flatMap(callerOf(user), (caller) => changeEmail({ user, email, password }, caller)))
  const code = noteCode(values, await secretMailed(dataDir, email, "change_email"))
  await desk.runPromise(confirmEmail({ user, code }))
}

const changedPassword = async ({ desk, dataDir, values }: Place, person: Person): Promise<void> => {
  const { nextEmail: email, nextPassword: password } = person
  await desk.runPromise(requestPasswordReset({ email }, originOf(person)))
  const token = values.random("token of a reset", await secretMailed(dataDir, email, "reset_password"))
  await desk.runPromise(resetPassword({ token, password }))
}

/** An authenticator app and a passkey; gives the recovery codes that come with the first. */
const withFactors = async ({ desk, issuer, values }: Place, user: UserId): Promise<ReadonlyArray<string>> => {
  const caller = await desk.runPromise(callerOf(user))
  const { secret, uri } = await desk.runPromise(beginTotp({ user }, caller))
  values.random("TOTP secret", secret)
  values.random("TOTP secret, hexadecimal", Buffer.from(Secret.fromBase32(secret).bytes).toString("hex"))
  values.random("address of a TOTP secret", uri)
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
  const { recoveryCodes = [] } = await desk.runPromise(confirmTotp({ user, code }, caller))
  for (const each of recoveryCodes) {
    values.random("recovery code", each)
    values.random("recovery code without hyphens", each.replaceAll("-", ""))
  }
  const { ticket, options } = await desk.runPromise(beginPasskey({ user }, caller))
  values.random("ticket", ticket)
  const challenge = values.random("challenge of a passkey", String(options.challenge))
  const device = authenticator({ rpId: new URL(issuer).hostname, origin: issuer })
  const answer = device.create(challenge)
  const name = values.personal("name of a passkey", `Phone of ${user.slice(-12)}`)
  await desk.runPromise(finishPasskey({ user, ticket, name, answer }, caller))
  values.random("id of a passkey", answer.id)
  const credentials = await desk.runPromise(Effect.flatMap(UserStore, (users) => users.credentials(user)))
  for (const { publicKey } of credentials.passkeys) values.random("public key of a passkey", publicKey)
  if (credentials.password !== undefined) values.random("hash of a password", credentials.password)
  return recoveryCodes
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

/** What a privileged change leaves on the audit log, and a request that waits for a second person. */
const audited = (person: Person, user: UserId) =>
  Effect.gen(function* () {
    const { tenant } = yield* Terms
    const log = yield* AuditLog
    const caller = yield* callerOf(user)
    const millis = yield* Clock.currentTimeMillis
    const at = Instant.fromMillis(millis)
    yield* log.append({
      at,
      tenant,
      actor: { id: caller.id, roles: caller.roles, user },
      operation: "users.update",
      objects: [user],
      outcome: "done",
      before: JSON.stringify(person.profile),
      after: JSON.stringify(person.nextProfile),
      origin: originOf(person)
    })
    const approvals = yield* ApprovalStore
    const id = ApprovalId.make(TypedId.fromBytes("apr", (yield* Ids).next(millis)))
    const command = JSON.stringify({ user, profile: person.nextProfile })
    yield* approvals.insert(
      keyOf(caller.id, id),
      {
        id,
        operation: "users.assignRoles",
        command,
        maker: caller,
        reason: person.origin.reason,
        status: "pending",
        createdAt: at,
        expiresAt: Instant.addMillis(at, 60_000)
      },
      JSON.stringify([command, person.origin.reason])
    )
  })

/** A program's client and its token. */
export const programSeeded = async ({ desk, issuer, values }: Place): Promise<void> => {
  const { client, secret = "" } = await desk.runPromise(
    registerClient({
      name: "Settlement",
      confidentiality: "confidential",
      grantTypes: ["client_credentials"],
      redirectUris: [],
      scopes: ["accounts:read"]
    })
  )
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
  const { desk, issuer, values } = place
  const user = await registered(place, person)
  const first = await logInByPassword(issuer, person, person, values)
  if (first.refresh_token !== undefined) await refresh(issuer, first.refresh_token, values)
  const created = await desk.runPromise(
    createSession({ email: person.email, password: person.password }, "gophers-bank-app", originOf(person))
  )
  if ("accessToken" in created) {
    noteToken(values, "access token", created.accessToken)
    noteToken(values, "refresh token", created.refreshToken)
    values.random("secret of a device", created.device)
  }
  await changedAddress(place, person, user)
  await desk.runPromise(updateProfile({ user, profile: person.nextProfile }))
  await desk.runPromise(submitKyc({ user, level: "basic" }))
  await changedPassword(place, person)
  const [recoveryCode = ""] = await withFactors(place, user)
  await logInByRecovery(place, person, recoveryCode)
  await desk.runPromise(audited(person, user))
  // Left waiting, so that a challenge of each kind is there when the dump is made.
  await desk.runPromise(requestPasswordReset({ email: person.nextEmail }, originOf(person)))
  return { user, accessToken: first.access_token }
}
