import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { codeAt } from "./outside.fixture.ts"
import { addTotp, logIn, newCustomer, type Person, password, raise } from "./people.fixture.ts"
import { type Received, startBank } from "./rest.fixture.ts"

describe("logins over REST", () => {
  const bank = described(
    startBank(Layer.provideMerge(memory, ids), {
      addressOf: (request) => request.headers.get("x-from") ?? ""
    })
  )
  const { send } = bank
  after(() => bank.dispose())

  const enter = (body: unknown, from = "203.0.113.7") =>
    send("POST", "/v1/sessions", { token: null, body, headers: { "X-From": from, "User-Agent": "Test/1" } })
  const isAnonymous = ({ headers }: Received) =>
    assert.match(headers.get("www-authenticate") ?? "", /^Bearer realm="bank"$/)

  test("an unknown address and a wrong password are refused alike", async () => {
    const { email } = await newCustomer(bank, "known@example.com")
    const wrong = await enter({ email, password: "wrong horse battery" })
    const unknown = await enter({ email: "nobody@example.com", password })
    const told = ({ status, at }: Received) => [status, at("code"), at("detail"), at("errors")]
    assert.deepEqual(told(wrong), told(unknown))
    assert.deepEqual([wrong.status, wrong.at("code"), wrong.at("errors")], [401, "invalid_login", []])
    isAnonymous(wrong)
  })

  test("who guesses too often waits, and is told how long", async () => {
    const { email } = await newCustomer(bank, "guessed@example.com")
    const waits: Array<number> = []
    for (let guess = 0; waits.length < 4; guess++) {
      const answer = await enter({ email, password: `wrong horse ${guess}` }, "203.0.113.9")
      if (answer.status === 401) continue
      assert.deepEqual([answer.status, answer.at("code")], [429, "login_throttled"], answer.text)
      const seconds = Number(answer.headers.get("retry-after"))
      assert.match(answer.textAt("detail"), new RegExp(`in ${seconds} seconds`, "u"))
      assert.equal((await enter({ email, password }, "203.0.113.9")).status, 429, "whatever it proves then")
      waits.push(seconds)
      bank.setTime(bank.now() + seconds * 1000)
    }
    assert.deepEqual(waits, [1, 2, 4, 8])
    assert.equal((await enter({ email, password }, "203.0.113.9")).status, 200)
  })

  test("bad input names its field, whichever way to log in it was meant for", async () => {
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [{ email: "no address", password }, "email"],
      [{ email: "ada@example.com" }, "password"],
      [{ email: "ada@example.com", password, client: "other" }, "client"],
      [{ ticket: "Zm9yLXRoZS1leGFtcGxlLW9ubHk", code: "12" }, "code"],
      [{ ticket: "x", code: "123456" }, "ticket"],
      [{}, "email"]
    ]
    for (const [body, field] of cases) {
      const { status, text, at } = await enter(body)
      const errors = at("errors")
      const fields = Array.isArray(errors) ? errors.map((each: unknown) => Object(each).field) : []
      assert.ok(status === 400 && fields.includes(field), `${JSON.stringify(body)} ${text}`)
    }
  })

  test("where a user is logged in is seen and ended, from here and from elsewhere", async () => {
    const one = await newCustomer(bank, "traveller@example.com")
    const two = await enter({ email: one.email, password }, "198.51.100.4")
    const there = two.textAt("accessToken")
    const listed = await send("GET", "/v1/users/me/sessions", { token: one.token })
    const seen = [listed.at("items.0.id"), listed.at("items.1.id")].toSorted()
    assert.deepEqual(seen, [one.session, two.textAt("session.id")].toSorted())
    assert.ok(listed.text.includes('"userAgent":"Test/1"') && listed.text.includes('"address":"198.51.100.4"'))
    const stranger = await newCustomer(bank, "stranger@example.com")
    const path = `/v1/users/${one.user}/sessions/${two.textAt("session.id")}`
    assert.equal((await send("DELETE", path, { token: stranger.token })).at("code"), "user_not_found")
    const own = `/v1/users/me/sessions/${two.textAt("session.id")}`
    assert.equal((await send("DELETE", own, { token: stranger.token })).at("code"), "session_not_found")
    assert.equal((await send("GET", "/v1/users/me", { token: there })).status, 200)
    assert.equal((await send("DELETE", path, { token: one.token })).status, 204)
    assert.equal((await send("GET", "/v1/users/me", { token: there })).status, 401)
    const third = await logIn(bank, one.email)
    const revoked = await send("POST", "/v1/users/me/sessions/revoke", { token: one.token })
    assert.deepEqual(revoked.at("revoked"), [third.at("session.id")])
    assert.equal((await send("DELETE", "/v1/users/me/sessions/current", { token: one.token })).status, 204)
    assert.equal((await send("GET", "/v1/users/me", { token: one.token })).status, 401)
  })

  test("with an authenticator app a login takes its code, and every code once", async () => {
    const person = await newCustomer(bank, "careful@example.com")
    const [recoveryCode] = await addTotp(bank, person)
    bank.setTime(bank.now() + 30_000)
    const begin = async () => {
      const step = await enter({ email: person.email, password })
      assert.deepEqual([step.status, step.at("step"), step.at("accessToken")], [200, "second_factor", undefined])
      return step.textAt("ticket")
    }
    const wrong = await enter({ ticket: await begin(), code: "000000" })
    assert.deepEqual([wrong.status, wrong.at("code")], [401, "invalid_second_factor"])
    const code = codeAt(bank.now())
    const done = await enter({ ticket: await begin(), code })
    assert.deepEqual([done.status, done.at("session.assurance")], [200, "mfa"], done.text)
    assert.equal((await enter({ ticket: await begin(), code })).at("code"), "invalid_second_factor")
    const recovered = await enter({ ticket: await begin(), recoveryCode })
    assert.deepEqual([recovered.status, recovered.at("session.methods")], [200, ["pwd", "recovery"]], recovered.text)
    assert.equal((await enter({ ticket: await begin(), recoveryCode })).at("code"), "invalid_second_factor")
    const both = await enter({ ticket: await begin(), recoveryCode, code })
    assert.equal(both.status, 400, both.text)
  })

  test("a device that a user has logged in on before causes no mail", async () => {
    const { email } = await newCustomer(bank, "settled@example.com")
    const first = await logIn(bank, email)
    assert.equal((await bank.mailTo(email))?.template, "new_login")
    const sent = await bank.mailTo(email)
    const again = await enter({ email, password, device: first.textAt("device") })
    assert.equal(again.status, 200, again.text)
    assert.equal(await bank.mailTo(email), sent)
  })

  const delegating = (token: string, { customer }: Person) =>
    send("POST", "/v1/delegations", { token, body: { grantee: customer, kind: "joint_holder", right: "view" } })

  test("what takes a fresh second factor is refused with its challenge, and allowed once the session is raised", async () => {
    const [ann, zoe] = [await newCustomer(bank, "ann@example.com"), await newCustomer(bank, "zoe@example.com")]
    const refused = await delegating(ann.token, zoe)
    assert.deepEqual([refused.status, refused.at("code")], [401, "step_up_required"])
    assert.equal(
      refused.headers.get("www-authenticate"),
      'Bearer realm="bank", error="insufficient_user_authentication", acr_values="mfa", max_age="600"'
    )
    await addTotp(bank, ann)
    const raised = await raise(bank, ann)
    assert.equal((await delegating(raised, zoe)).status, 201)
    assert.equal((await delegating(ann.token, zoe)).status, 401, "the old token says what it said")
    bank.setTime(bank.now() + 601_000)
    assert.equal((await delegating(raised, zoe)).at("code"), "step_up_required", "for ten minutes")
  })

  test("nobody raises another session than the one that asks", async () => {
    const person = await newCustomer(bank, "twofold@example.com")
    await addTotp(bank, person)
    bank.setTime(bank.now() + 30_000)
    const step = await enter({ email: person.email, password })
    const there = await enter({ ticket: step.textAt("ticket"), code: codeAt(bank.now()) })
    bank.setTime(bank.now() + 30_000)
    const path = `/v1/users/me/sessions/${there.textAt("session.id")}/raise`
    const other = await send("POST", path, { token: person.token, body: { code: codeAt(bank.now()) } })
    assert.equal(other.at("code"), "session_not_found")
  })
})
