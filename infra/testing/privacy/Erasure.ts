/** Everything about a person in one document, and nothing of it after an erasure. */
import assert from "node:assert/strict"
import { Effect, Schema } from "effect"
import type postgres from "postgres"
import { FieldCipher } from "../../../application/ports/Crypto.ts"
import { Terms } from "../../../application/ports/Terms.ts"
import { UserStore } from "../../../application/ports/UserStore.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { apiOf } from "./Api.ts"
import type { Desk } from "./Desk.ts"
import type { Known } from "./Rotation.ts"
import type { Place } from "./Seeding.ts"

const Text = Schema.Record(Schema.String, Schema.Unknown)

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

/** How many fields an export had, and how many of them auditors still read on the audit log after the erasure. */
interface Erased {
  readonly exported: number
  readonly audited: number
}

/** Exports, closes and erases the user. */
export const erased = async (
  { desk, restUrl, staffToken }: Place,
  sql: postgres.Sql,
  known: Known
): Promise<Erased> => {
  const { user, person } = known
  const staff = apiOf(restUrl, person, staffToken)
  const own = `/v1/users/${user}`
  const document = JSON.stringify(await staff(`${own}/export`, Text))
  const shown = shownOf(known)
  for (const [index, text] of shown.entries())
    assert.ok(document.includes(text), `field ${index} of the export is missing`)

  await staff(`${own}/close`, Text, { method: "POST", body: {} })
  await staff(`${own}/erase`, Text, { method: "POST", body: {} })
  const after = JSON.stringify(await staff(`${own}/export`, Text))
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
  const login = { email: person.nextEmail, password: person.nextPassword }
  await assert.rejects(apiOf(restUrl, person)("/v1/sessions", Text, { method: "POST", body: login }), /invalid_login/u)
  await nothingOpens(desk, sql, known, shown)
  // The audit log is append-only: what it had is sealed as before and shown to auditors.
  const log = JSON.stringify(await staff(`/v1/audit?object=${user}&limit=100`, Text))
  return { exported: shown.length, audited: shown.filter((text) => log.includes(text)).length }
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
  const [seen] = await sql<Array<{ readonly count: number }>>`
    select count(*)::int as count from users.session where user_id = ${uuid} and sealed is not null`
  assert.equal(seen?.count, 0, "no session tells from where the user came")
  const [keys] = await sql<Array<{ readonly count: number }>>`
    select count(*)::int as count from users.login_key where user_id = ${uuid}`
  assert.equal(keys?.count, 0, "no passkey or login elsewhere leads to the user")
}
