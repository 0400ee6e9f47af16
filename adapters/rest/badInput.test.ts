import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { badFields } from "./badFields.fixture.ts"
import { badAddresses, badBodies, badHeaders } from "./badTransport.fixture.ts"
import type { BadInput, Existing } from "./badValues.fixture.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

// Only to count the cases before there is a bank.
const nobody: Existing = { from: "a", to: "b", hold: "c", transaction: "d" }

describe("bad input", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())

  const existing = (async (): Promise<Existing> => {
    const from = await bank.fundedAccount("50.00")
    const to = await bank.fundedAccount("50.00")
    const amount = { amount: "5.00", currency: "USD" }
    const hold = (await send("POST", "/v1/holds", { body: { from, to, amount }, key: freshKey() })).textAt("id")
    const moved = await send("POST", "/v1/transfers", { body: { from, to, amount }, key: freshKey() })
    return { from, to, hold, transaction: moved.textAt("id") }
  })()

  const read = async (paths: ReadonlyArray<string>): Promise<string> =>
    (await Promise.all(paths.map((path) => send("GET", path)))).map(({ text }) => text).join()
  /** Versions and balances, which change with everything that is done to an account. */
  const accountsOf = ({ from, to }: Existing) => read([`/v1/accounts/${from}`, `/v1/accounts/${to}`])
  const worldOf = ({ hold }: Existing) => read([`/v1/holds/${hold}`, "/v1/accounts?limit=200"])

  const check = async (cases: ReadonlyArray<BadInput>): Promise<void> => {
    const all = await existing
    const before = await accountsOf(all)
    const worldBefore = await worldOf(all)
    for (const { name, method, path, sending, field } of cases) {
      const received = await send(method, path, { key: freshKey(), ...sending })
      const seen = `${name}: ${received.status} ${received.text.slice(0, 500)}`
      assert.ok(received.status >= 400 && received.status < 500, seen)
      assert.equal(received.headers.get("content-type"), "application/problem+json", seen)
      assert.ok(received.text.length < 20_000, `${name}: a problem of ${received.text.length} characters`)
      const errors = received.at("errors")
      assert.ok(Array.isArray(errors), seen)
      const fields = errors.map((error: unknown) => String(Object(error).field))
      assert.ok(
        fields.some((each) => each === field.slice(0, 200) || each.startsWith(`${field}.`)),
        `${seen} does not name ${field}`
      )
      assert.equal(await accountsOf(all), before, `${name} changed something`)
    }
    assert.equal(await worldOf(all), worldBefore)
  }

  test(`${badFields(nobody).length} wrong fields are refused by name and change nothing`, {
    timeout: 120_000
  }, async () => {
    await check(badFields(await existing))
  })
  test(`${badBodies.length} bodies that are no JSON object are refused and change nothing`, {
    timeout: 120_000
  }, async () => {
    await check(badBodies)
  })
  test(`${badHeaders(nobody).length} wrong headers are refused by name and change nothing`, {
    timeout: 120_000
  }, async () => {
    await check(badHeaders(await existing))
  })
  test(`${badAddresses(nobody).length} wrong ids, periods, limits, cursors and parameters are refused by name`, {
    timeout: 120_000
  }, async () => {
    await check(badAddresses(await existing))
  })
})
