/** New keys while the bank runs: what was sealed before and what is sealed after are read by it and by the use cases. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import type postgres from "postgres"
import { getUser, updateProfile } from "../../../application/users/index.ts"
import { TypedId, type UserId } from "../../../domain/ids/index.ts"
import { apiOf } from "./Api.ts"
import type { Desk } from "./Desk.ts"
import type { Person } from "./People.ts"
import type { Place } from "./Seeding.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** `gbank keys WORK` beside the bank, as its operator runs it. */
const gbankKeys = (work: string, env: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { cwd: root, env: { ...process.env, ...env }, timeout: 60_000 }
    execFile(process.execPath, ["apps/cli/main.ts", "keys", work], options, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(`gbank keys ${work}: ${error.message}\n${err}`))
    )
  })

interface Keys {
  readonly number: number
  readonly master: string
}

const fieldKeys = (sql: postgres.Sql) =>
  sql<Array<Keys>>`select number, master_key as master from users.data_key where purpose = 'field' order by number`

/** The number of the data key that seals a user's row: it stands in the sealed form behind the version. */
const sealedUnder = async (sql: postgres.Sql, user: UserId): Promise<number | undefined> => {
  const [row] = await sql<Array<{ readonly sealed: Buffer }>>`
    select sealed from users.person where user_id = ${TypedId.toUuid(user)}`
  return row?.sealed.readUInt32BE(1)
}

/** A user that is there, and the person behind it. */
export interface Known {
  readonly user: UserId
  readonly person: Person
}

const Profile = Schema.Struct({ profile: Schema.Struct({ fullName: Schema.String }) })

/** The bank that runs since before reads the user, and logs it in by what was sealed of it. */
const bankReads = async ({ restUrl, staffToken }: Place, { user, person }: Known): Promise<void> => {
  const { profile } = await apiOf(restUrl, person, staffToken)(`/v1/users/${user}`, Profile)
  assert.ok([person.profile.fullName, person.nextProfile.fullName].includes(profile.fullName))
  const login = { email: person.nextEmail, password: person.nextPassword }
  const step = Schema.Struct({ step: Schema.Literal("second_factor") })
  await apiOf(restUrl, person)("/v1/sessions", step, { method: "POST", body: login })
}

/**
 * Makes a new data key and a new master key and wraps the data keys anew; `open` gives a desk that has begun since. Of
 * two users one stays sealed under the first data key and one is sealed under the second.
 */
export const rotated = async (given: {
  readonly sql: postgres.Sql
  readonly env: Readonly<Record<string, string>>
  readonly place: Place
  readonly open: () => Desk
  readonly before: Known
  readonly after: Known
}): Promise<void> => {
  const { sql, env, place, open, before, after } = given
  const { dataDir, desk } = place
  const nameAt = (at: Desk, user: UserId) =>
    at.runPromise(Effect.map(getUser({ user }), ({ profile }) => profile?.fullName))

  await gbankKeys("rotate-data", env)
  const numbers = (await fieldKeys(sql)).map(({ number }) => number)
  assert.deepEqual(numbers, [1, 2], "there is a second data key")
  const since = open()
  // The bank learns of the second key by the first value that is sealed under it.
  await since.runPromise(updateProfile({ user: after.user, profile: after.person.profile }))
  assert.equal(await nameAt(desk, after.user), after.person.profile.fullName, "who began before reads what is new")
  assert.equal(
    await nameAt(since, before.user),
    before.person.nextProfile.fullName,
    "who began since reads what is old"
  )
  assert.notEqual(await sealedUnder(sql, before.user), await sealedUnder(sql, after.user), "two data keys are in use")

  const [first] = await fieldKeys(sql)
  await gbankKeys("add-master", env)
  await gbankKeys("rewrap", env)
  const lines = (await readFile(join(dataDir, "master-keys"), "utf8")).split("\n").filter((line) => line !== "")
  assert.equal(lines.length, 2, "there is a second master key")
  const masters = new Set((await fieldKeys(sql)).map(({ master }) => master))
  assert.equal(masters.size, 1, "one master key wraps every data key")
  assert.ok(!masters.has(first?.master ?? ""), "and it is the new one")
  // Whoever begins now has the new master key alone.
  await writeFile(join(dataDir, "master-keys"), `${lines.at(-1)}\n`)
  const last = open()
  await bankReads(place, before)
  await bankReads(place, after)
  for (const at of [desk, since, last]) {
    assert.equal(await nameAt(at, before.user), before.person.nextProfile.fullName)
    assert.equal(await nameAt(at, after.user), after.person.profile.fullName)
  }
  await Promise.all([since.dispose(), last.dispose()])
}
