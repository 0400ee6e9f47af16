import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { callbackOf, codeAt } from "./outside.fixture.ts"
import { addTotp, newCustomer, type Person, password, raise } from "./people.fixture.ts"
import { startBank } from "./rest.fixture.ts"

describe("factors and linked logins over REST", () => {
  const bank = described(startBank(Layer.provideMerge(memory, ids)))
  const { send } = bank
  after(() => bank.dispose())

  const addPasskey = async ({ token }: Pick<Person, "token">, id: string) => {
    const begun = await send("POST", "/v1/users/me/factors/passkeys/options", { token })
    assert.equal(begun.status, 200, begun.text)
    const answer = { id, signature: `new ${begun.textAt("options.challenge")}` }
    const body = { ticket: begun.textAt("ticket"), name: "Telephone", answer }
    return send("POST", "/v1/users/me/factors/passkeys", { token, body })
  }

  test("an authenticator app is set up by its code, brings recovery codes once, and goes again", async () => {
    const ann = await newCustomer(bank, "ann@example.com")
    const { token } = ann
    const wrong = { token, body: { code: "000000" } }
    assert.equal((await send("POST", "/v1/users/me/factors/totp/confirm", wrong)).at("code"), "factor_not_found")
    const codes = await addTotp(bank, ann)
    assert.equal(codes.length, 10)
    const read = await send("GET", "/v1/users/me/factors", { token })
    assert.deepEqual([read.at("password"), read.at("recoveryCodesLeft"), read.at("passkeys")], [true, 10, []])
    assert.doesNotMatch(read.text, /JBSWY3DPEHPK3PXP|recv-/)
    assert.equal((await send("POST", "/v1/users/me/factors/totp", { token })).at("code"), "factor_exists")
    const remove = (by: string) => send("DELETE", "/v1/users/me/factors/totp", { token: by })
    assert.equal((await remove(token)).at("code"), "step_up_required")
    const raised = await raise(bank, ann)
    const anew = await send("POST", "/v1/users/me/factors/recovery-codes", { token: raised })
    assert.notDeepEqual(anew.at("recoveryCodes"), codes, anew.text)
    assert.equal((await remove(raised)).status, 204)
    assert.equal((await remove(raised)).at("code"), "factor_not_found")
  })

  test("a passkey is set up, logs in by itself, completes a login, raises a session and is removed", async () => {
    const ann = await newCustomer(bank, "keys@example.com")
    const { token, email } = ann
    const added = await addPasskey(ann, "key-1")
    assert.deepEqual([added.status, added.at("passkey.name")], [201, "Telephone"], added.text)
    const answerTo = (challenge: string) => ({ id: "key-1", signature: `key-key-1 ${challenge}` })
    const begun = await send("POST", "/v1/sessions/passkey-options", { token: null })
    const alone = { ticket: begun.textAt("ticket"), answer: answerTo(begun.textAt("options.challenge")) }
    const entered = await send("POST", "/v1/sessions", { token: null, body: alone })
    assert.deepEqual([entered.status, entered.at("session.assurance")], [200, "mfa"], entered.text)
    assert.equal((await send("POST", "/v1/sessions", { token: null, body: alone })).at("code"), "invalid_login")
    const step = await send("POST", "/v1/sessions", { token: null, body: { email, password } })
    assert.deepEqual(step.at("methods"), ["recovery", "passkey"], step.text)
    const ticket = step.textAt("ticket")
    const options = await send("POST", "/v1/sessions/second-factor-options", { token: null, body: { ticket } })
    const passkey = answerTo(options.textAt("options.challenge"))
    const second = await send("POST", "/v1/sessions", { token: null, body: { ticket, passkey } })
    assert.deepEqual(second.at("session.methods"), ["pwd", "passkey"], second.text)
    const raising = await send("POST", "/v1/users/me/sessions/raise-options", { token })
    const proof = { ticket: raising.textAt("ticket"), answer: answerTo(raising.textAt("options.challenge")) }
    const path = "/v1/users/me/sessions/current/raise"
    const raised = await send("POST", path, { token, body: { passkey: proof } })
    assert.equal(raised.at("session.assurance"), "mfa", raised.text)
    const fresh = raised.textAt("accessToken")
    assert.equal(
      (await send("DELETE", "/v1/users/me/factors/passkeys/key-1", { token })).at("code"),
      "step_up_required"
    )
    assert.equal((await send("DELETE", "/v1/users/me/factors/passkeys/key-2", { token: fresh })).status, 404)
    assert.equal((await send("DELETE", "/v1/users/me/factors/passkeys/key-1", { token: fresh })).status, 204)
  })

  test("what another authenticator signed, or for another challenge, is no passkey", async () => {
    const { token } = await newCustomer(bank, "forged@example.com")
    const begun = await send("POST", "/v1/users/me/factors/passkeys/options", { token })
    const body = { ticket: begun.textAt("ticket"), name: "Telephone", answer: { id: "key-3", signature: "forged" } }
    const refused = await send("POST", "/v1/users/me/factors/passkeys", { token, body })
    assert.deepEqual([refused.status, refused.at("code")], [422, "passkey_refused"])
    const empty = await send("POST", "/v1/users/me/factors/passkeys", { token, body: { ...body, name: "" } })
    assert.equal(empty.at("errors.0.field"), "name")
  })

  test("nobody reads or changes what another proves itself by", async () => {
    const [ann, zoe] = [await newCustomer(bank, "own@example.com"), await newCustomer(bank, "foreign@example.com")]
    const of = `/v1/users/${zoe.user}`
    for (const [method, path, body] of [
      ["GET", `${of}/factors`, undefined],
      ["POST", `${of}/factors/totp`, undefined],
      ["POST", `${of}/factors/totp/confirm`, { code: codeAt(bank.now()) }],
      ["DELETE", `${of}/factors/totp`, undefined],
      ["POST", `${of}/factors/recovery-codes`, undefined],
      ["POST", `${of}/factors/passkeys/options`, undefined],
      ["DELETE", `${of}/factors/passkeys/key-1`, undefined],
      ["POST", `${of}/password`, { oldPassword: password, password: "eleven gophers dig" }],
      ["POST", `${of}/email`, { email: "mine@example.com", password }],
      ["POST", `${of}/close`, { password }],
      ["GET", `${of}/export`, undefined],
      ["GET", `${of}/identities`, undefined]
    ] as const) {
      const answer = await send(method, path, { token: ann.token, ...(body === undefined ? {} : { body }) })
      assert.deepEqual([answer.status, answer.at("code")], [404, "user_not_found"], `${method} ${path} ${answer.text}`)
    }
  })

  const begin = (body: unknown) => send("POST", "/v1/federated-logins", { token: null, body })
  const complete = (ticket: string, subject: string) =>
    send("POST", "/v1/federated-logins/complete", { token: null, body: { ticket, callback: callbackOf(subject) } })

  test("a login at another provider opens one here, its own only, and a ticket is taken once", async () => {
    const offered = await send("GET", "/v1/identity-providers", { token: null })
    assert.deepEqual(offered.at("items"), [{ name: "elsewhere", title: "Elsewhere" }])
    assert.equal((await begin({ provider: "nowhere" })).at("code"), "unknown_provider")
    const begun = await begin({ provider: "elsewhere" })
    assert.match(begun.textAt("url"), /^https:\/\/elsewhere\.test\//)
    const done = await complete(begun.textAt("ticket"), "eve")
    assert.deepEqual(done.at("session.methods"), ["federated"], done.text)
    const me = await send("GET", "/v1/users/me", { token: done.textAt("accessToken") })
    assert.equal(me.at("email"), "eve@elsewhere.test")
    assert.equal((await complete(begun.textAt("ticket"), "eve")).at("code"), "federated_login_expired")
    const again = await complete((await begin({ provider: "elsewhere" })).textAt("ticket"), "eve")
    const same = await send("GET", "/v1/users/me", { token: again.textAt("accessToken") })
    assert.equal(same.at("id"), me.at("id"))
  })

  test("an address that another provider names opens nobody's login until it is linked from within", async () => {
    const ann = await newCustomer(bank, "linked@elsewhere.test")
    const { token } = ann
    const enter = async () => complete((await begin({ provider: "elsewhere" })).textAt("ticket"), "linked")
    assert.equal((await enter()).at("code"), "link_required")
    const path = "/v1/users/me/identities"
    const linking = await send("POST", `${path}/begin`, { token, body: { provider: "elsewhere" } })
    const body = { ticket: linking.textAt("ticket"), callback: callbackOf("linked") }
    const linked = await send("POST", path, { token, body })
    assert.equal(linked.at("items.0.issuer"), "https://elsewhere.test", linked.text)
    assert.equal((await enter()).at("session.methods.0"), "federated")
    const listed = await send("GET", path, { token })
    assert.equal(listed.text, linked.text)
    const unlinked = await send("DELETE", `${path}/${listed.textAt("items.0.id")}`, { token })
    assert.deepEqual([unlinked.status, unlinked.at("items")], [200, []], unlinked.text)
    assert.equal((await enter()).at("code"), "link_required")
  })
})
