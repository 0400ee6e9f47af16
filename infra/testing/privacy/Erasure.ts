/** Everything about a person in one document, and nothing of it after an erasure. */
import assert from "node:assert/strict"
import { Clock, Effect, Exit, Schema } from "effect"
import type postgres from "postgres"
import { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { UserStore } from "../../../application/ports/UserStore.ts"
import { closeUser, createSession, eraseUser, exportUser, UserExport } from "../../../application/users/index.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { TypedId, UserId } from "../../../domain/ids/index.ts"
import type { Desk } from "./Desk.ts"
import type { Known } from "./Rotation.ts"

const encodeExport = Schema.encodeSync(UserExport)

/** An administrator at the bank's own app. */
const administrator = Effect.gen(function* () {
  const { tenant } = yield* Terms
  const user = UserId.make(TypedId.fromUuid("usr", "00000000-0000-7000-8000-00000000ad00"))
  return {
    id: user,
    tenant,
    user,
    roles: ["administrator"] as const,
    scopes: [],
    kyc: "none",
    assurance: "mfa",
    authenticatedAt: Instant.fromMillis(yield* Clock.currentTimeMillis),
    client: "gophers-bank-app"
  } as const
})

/** What an export has to show of a person. */
const shownOf = ({ person, user }: Known): ReadonlyArray<string> => {
  const { nextEmail, profile, nextProfile, origin } = person
  const texts = ({ address, birthDate, fullName, phone }: typeof profile) => [
    fullName,
    birthDate ?? "",
    phone ?? "",
    address?.line1 ?? "",
    address?.line2 ?? "",
    address?.city ?? "",
    address?.postalCode ?? ""
  ]
  return [nextEmail, ...texts(nextProfile), origin.address, origin.userAgent, `Phone of ${user.slice(-12)}`]
}

/** Exports, closes and erases the user; gives how many fields the export had. */
export const erased = async (desk: Desk, sql: postgres.Sql, known: Known): Promise<number> => {
  const { user, person } = known
  const admin = await desk.runPromise(administrator)
  await desk.runPromise(
    createSession({ email: person.nextEmail, password: person.nextPassword }, "gophers-bank-app", {
      requestId: "req_erasure",
      ...person.origin
    })
  )
  const document = JSON.stringify(encodeExport(await desk.runPromise(exportUser({ user }))))
  const shown = shownOf(known)
  for (const [index, text] of shown.entries())
    assert.ok(document.includes(text), `field ${index} of the export is missing`)

  await desk.runPromise(closeUser({ user }, admin))
  await desk.runPromise(eraseUser({ user }, admin))
  const after = JSON.stringify(encodeExport(await desk.runPromise(exportUser({ user }))))
  for (const [index, text] of shown.entries())
    assert.ok(!after.includes(text), `field ${index} of the export is still there`)
  const found = await desk.runPromise(
    Effect.gen(function* () {
      const users = yield* UserStore
      const { tenant } = yield* Terms
      return yield* users.findByEmail(tenant, person.nextEmail)
    })
  )
  assert.equal(found, undefined, "nobody is found by the address")
  const login = await desk.runPromiseExit(
    createSession({ email: person.nextEmail, password: person.nextPassword }, "gophers-bank-app", {
      requestId: "req_erased"
    })
  )
  assert.ok(Exit.isFailure(login), "nobody logs in by the address")
  await nothingOpens(desk, sql, known, shown)
  return shown.length
}

interface Sealed {
  readonly sealed: Buffer
}

/** Decrypts whatever the rows of the user still hold, with the bank's own keys, and looks for the person in it. */
const nothingOpens = async (
  desk: Desk,
  sql: postgres.Sql,
  { user }: Known,
  shown: ReadonlyArray<string>
): Promise<void> => {
  const uuid = TypedId.toUuid(user)
  for (const [table, place] of [
    ["person", `users.person.sealed ${user}`],
    ["credential", `users.credential.sealed ${user}`]
  ] as const) {
    const rows = await sql<Array<Sealed>>`select sealed from users.${sql(table)} where user_id = ${uuid}`
    for (const { sealed } of rows) {
      const text = await desk.runPromise(
        Effect.gen(function* () {
          const { tenant } = yield* Terms
          const { decrypt } = yield* FieldCipher
          return Buffer.from(yield* decrypt(tenant, place, sealed)).toString()
        })
      )
      for (const each of shown) assert.ok(!text.includes(each), `users.${table} still opens to the person`)
    }
  }
  const [keys] = await sql<Array<{ readonly count: number }>>`
    select count(*)::int as count from users.login_key where user_id = ${uuid}`
  assert.equal(keys?.count, 0, "no passkey or login elsewhere leads to the user")
}
