import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { addTotp, logIn, newCustomer, password, raise, register, registration, staff } from "./people.fixture.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("users over REST", () => {
  const bank = described(
    startBank(Layer.provideMerge(memory, ids), {
      callers: new Map([staff("a", "administrator"), staff("t", "teller"), staff("o", "operator")])
    })
  )
  const { send, secretTo, mailTo } = bank
  after(() => bank.dispose())

  test("a stranger registers, verifies, logs in, opens an account, pays in and pays another", async () => {
    const registered = await register(bank, "ada@example.com")
    const id = registered.textAt("id")
    assert.equal(registered.headers.get("location"), `/v1/users/${id}`)
    const session = await logIn(bank, "ada@example.com")
    assert.equal(session.at("session.client"), "gophers-bank-app")
    const token = session.textAt("accessToken")
    const opened = await send("POST", "/v1/accounts", { token, body: { product: "checking", currency: "USD" } })
    assert.equal(opened.status, 201, opened.text)
    assert.equal(opened.at("owner"), registered.at("customer"))
    const account = opened.textAt("id")
    const deposits = `/v1/accounts/${account}/deposits`
    const paid = await send("POST", deposits, { token, body: { amount: usd("100.00") }, key: freshKey() })
    assert.equal(paid.status, 201, paid.text)
    const bob = await newCustomer(bank, "bob@example.com")
    const theirs = await send("POST", "/v1/accounts", {
      token: bob.token,
      body: { product: "checking", currency: "USD" }
    })
    const transfer = { from: account, to: theirs.textAt("id"), amount: usd("30.00") }
    const moved = await send("POST", "/v1/transfers", { token, body: transfer, key: freshKey() })
    assert.equal(moved.status, 201, moved.text)
    const balance = await send("GET", `/v1/accounts/${account}`, { token })
    assert.equal(balance.at("balances.posted.amount"), "70.00")
    const back = await send("POST", "/v1/transfers", {
      token,
      body: { from: transfer.to, to: account, amount: usd("1.00") },
      key: freshKey()
    })
    assert.equal(back.at("code"), "account_not_found", "and takes nothing of another's")
  })

  test("`me` is whoever asks, and nobody reads another", async () => {
    const [ann, zoe] = [await newCustomer(bank, "ann@example.com"), await newCustomer(bank, "zoe@example.com")]
    const me = await send("GET", "/v1/users/me", { token: ann.token })
    assert.deepEqual([me.status, me.at("id"), me.at("email")], [200, ann.user, ann.email], me.text)
    assert.equal((await send("GET", `/v1/users/${ann.user}`, { token: ann.token })).text, me.text)
    const foreign = await send("GET", `/v1/users/${zoe.user}`, { token: ann.token })
    assert.deepEqual([foreign.status, foreign.at("code")], [404, "user_not_found"])
    assert.equal((await send("GET", `/v1/users/${zoe.user}`, { token: "a" })).at("email"), zoe.email)
    assert.equal((await send("GET", "/v1/users", { token: ann.token })).status, 403)
  })

  test("a program that says `me` is nobody", async () => {
    const { status, text } = await send("GET", "/v1/users/me")
    assert.equal(status, 400, text)
  })

  test("a taken address and a free one are answered alike, and only the mail tells", async () => {
    await register(bank, "taken@example.com")
    const taken = await send("POST", "/v1/users", { token: null, body: registration("taken@example.com") })
    const free = await send("POST", "/v1/users", { token: null, body: registration("free@example.com") })
    assert.deepEqual([taken.status, free.status], [202, 202])
    assert.deepEqual(Object.keys(JSON.parse(taken.text)), Object.keys(JSON.parse(free.text)))
    assert.equal(taken.text.length, free.text.length)
    assert.deepEqual(await mailTo("taken@example.com"), { template: "already_registered" })
    assert.equal((await mailTo("free@example.com"))?.template, "verify_email")
    const resets = []
    for (const email of ["taken@example.com", "nobody@example.com"]) {
      const { status, text } = await send("POST", "/v1/password-resets", { token: null, body: { email } })
      resets.push([status, text])
    }
    assert.deepEqual(resets, [
      [204, ""],
      [204, ""]
    ])
  })

  test("bad input is refused by the name of the field", async () => {
    const good = registration("new@example.com")
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [{ ...good, email: "no address" }, "email"],
      [{ ...good, password: 5 }, "password"],
      [{ ...good, profile: { fullName: "" } }, "profile.fullName"],
      [{ ...good, profile: { ...good.profile, birthDate: "1990-02-30" } }, "profile.birthDate"],
      [
        { ...good, profile: { ...good.profile, address: { line1: "x", city: "y", country: "Germany" } } },
        "profile.address.country"
      ],
      [{ ...good, roles: ["administrator"] }, "roles"],
      [{ email: good.email, profile: good.profile }, "password"]
    ]
    for (const [body, field] of cases) {
      const { status, text, at } = await send("POST", "/v1/users", { token: null, body })
      assert.deepEqual([status, at("errors.0.field")], [400, field], text)
    }
    for (const [weak, reason] of [
      ["short", /at least/],
      ["password1234", /stolen/]
    ] as const) {
      const { status, textAt } = await send("POST", "/v1/users", { token: null, body: { ...good, password: weak } })
      assert.deepEqual([status, textAt("code")], [422, "password_refused"])
      assert.match(textAt("detail"), reason)
    }
  })

  test("a wrong code verifies nothing, and after five the right one does not either", async () => {
    const email = "guessed@example.com"
    const begun = await send("POST", "/v1/users", { token: null, body: registration(email) })
    const code = await secretTo(email)
    const attempt = (guess: string) =>
      send("POST", "/v1/users/verifications", { token: null, body: { ticket: begun.textAt("ticket"), code: guess } })
    for (let guess = 0; guess < 5; guess++) assert.equal((await attempt("99999999")).at("code"), "invalid_code")
    assert.equal((await attempt(code)).at("code"), "invalid_code")
  })

  test("a profile is changed at the version that was read, and at no other", async () => {
    const { token, user } = await newCustomer(bank, "renamed@example.com")
    const read = await send("GET", "/v1/users/me", { token })
    const etag = read.headers.get("etag") ?? ""
    const change = (fullName: string, headers = {}) =>
      send("PATCH", "/v1/users/me", { token, body: { profile: { fullName } }, headers })
    assert.equal((await change("Ada King")).status, 428)
    const changed = await change("Ada King", { "If-Match": etag })
    assert.deepEqual([changed.status, changed.at("profile.fullName"), changed.at("id")], [200, "Ada King", user])
    assert.equal((await change("Ada Byron", { "If-Match": etag })).status, 412)
  })

  test("an address is changed by the code that went there, after the password", async () => {
    const { token } = await newCustomer(bank, "old@example.com")
    const ask = (secret: string) =>
      send("POST", "/v1/users/me/email", { token, body: { email: "new.one@example.com", password: secret } })
    assert.equal((await ask("wrong horse battery")).at("code"), "wrong_password")
    assert.equal((await ask(password)).status, 204)
    const confirm = { token, body: { code: await secretTo("new.one@example.com") } }
    const confirmed = await send("POST", "/v1/users/me/email/confirm", confirm)
    assert.deepEqual([confirmed.status, confirmed.at("email")], [200, "new.one@example.com"], confirmed.text)
    assert.deepEqual(await mailTo("old@example.com"), { template: "email_changed" })
  })

  test("a password is changed by its owner, and reset by the token that was mailed, which ends all sessions", async () => {
    const { email, token } = await newCustomer(bank, "forgetful@example.com")
    const other = (await logIn(bank, email)).textAt("accessToken")
    const body = { oldPassword: password, password: "eleven gophers dig" }
    assert.equal((await send("POST", "/v1/users/me/password", { token, body })).status, 204)
    assert.equal((await send("GET", "/v1/users/me", { token: other })).status, 401, "other sessions end")
    assert.equal((await send("GET", "/v1/users/me", { token })).status, 200)
    await send("POST", "/v1/password-resets", { token: null, body: { email } })
    const reset = { token: await secretTo(email), password }
    const first = await send("POST", "/v1/password-resets/confirm", { token: null, body: reset })
    assert.equal(first.status, 204, first.text)
    assert.equal((await send("GET", "/v1/users/me", { token })).status, 401)
    assert.equal(
      (await send("POST", "/v1/password-resets/confirm", { token: null, body: reset })).at("code"),
      "invalid_code"
    )
    await logIn(bank, email)
  })

  test("the staff lists users page by page and by the state of their identification", async () => {
    const { user, token } = await newCustomer(bank, "known@example.com")
    const submitted = await send("POST", "/v1/users/me/kyc", { token, body: { level: "basic" } })
    assert.deepEqual([submitted.status, submitted.at("kyc.level")], [200, "basic"], submitted.text)
    const approved = await send("GET", "/v1/users?kyc=approved", { token: "a" })
    assert.deepEqual([approved.at("items.0.id"), approved.at("items.1")], [user, undefined])
    const first = await send("GET", "/v1/users?limit=1", { token: "a" })
    const second = await send("GET", `/v1/users?limit=1&cursor=${first.textAt("nextCursor")}`, { token: "a" })
    assert.equal(second.status, 200, second.text)
    assert.notEqual(second.at("items.0.id"), first.at("items.0.id"))
    assert.equal((await send("GET", "/v1/users?status=unknown", { token: "a" })).at("errors.0.field"), "status")
  })

  test("a person of the bank decides on an identification that the provider leaves open, and never on its own", async () => {
    const { user, token } = await newCustomer(bank, "doubtful@example.com")
    assert.equal(
      (await send("POST", "/v1/users/me/kyc", { token, body: { level: "full" } })).at("kyc.status"),
      "pending"
    )
    const review = (by: string) =>
      send("POST", `/v1/users/${user}/kyc/review`, { token: by, body: { outcome: "approved" } })
    assert.equal((await review(token)).status, 403)
    assert.equal((await review("t")).status, 404, "a teller decides in its branch only")
    const decided = await review("o")
    assert.deepEqual([decided.status, decided.at("kyc.level")], [200, "full"], decided.text)
    assert.equal((await review("o")).at("code"), "kyc_conflict")
  })

  test("an export is all that is known of a person, without what would prove who it is", async () => {
    const { token, customer } = await newCustomer(bank, "curious@example.com")
    await send("POST", "/v1/accounts", { token, body: { product: "checking", currency: "USD" } })
    const exported = await send("GET", "/v1/users/me/export", { token })
    assert.equal(exported.status, 200, exported.text)
    assert.deepEqual(
      [exported.at("accounts.0.owner"), exported.at("factors.password"), exported.at("user.profile.fullName")],
      [customer, true, "Ada Lovelace"]
    )
    assert.doesNotMatch(exported.text, /hash of/)
  })

  test("who has closed all accounts leaves, logs in no more, and is forgotten by an administrator", async () => {
    const { token, user, email } = await newCustomer(bank, "leaving@example.com")
    const account = await send("POST", "/v1/accounts", { token, body: { product: "checking", currency: "USD" } })
    const leave = () => send("POST", "/v1/users/me/close", { token, body: { password } })
    assert.equal((await leave()).at("code"), "accounts_outstanding")
    await send("POST", `/v1/accounts/${account.textAt("id")}/close`, { token })
    const left = await leave()
    assert.deepEqual([left.status, left.at("status")], [200, "closed"], left.text)
    const again = await send("POST", "/v1/sessions", { token: null, body: { email, password } })
    assert.deepEqual([again.status, again.at("code")], [401, "invalid_login"])
    const erase = await send("POST", `/v1/users/${user}/erase`, { token: "a" })
    assert.equal(erase.at("code"), "retention_not_over")
    const never = await newCustomer(bank, "never@example.com")
    await send("POST", "/v1/users/me/close", { token: never.token, body: { password } })
    const erased = await send("POST", `/v1/users/${never.user}/erase`, { token: "a" })
    assert.deepEqual([erased.at("status"), erased.at("email")], ["erased", undefined], erased.text)
  })

  test("an administrator gives roles to others, and nobody to oneself", async () => {
    const person = await newCustomer(bank, "promoted@example.com")
    const { user, email } = person
    const assign = (token: string, roles: ReadonlyArray<string>) =>
      send("PUT", `/v1/users/${user}/roles`, { token, body: { roles, branch: "north" }, headers: { "If-Match": "*" } })
    const given = await assign("a", ["customer", "administrator"])
    assert.deepEqual([given.status, given.at("roles.1"), given.at("branch")], [200, "administrator", "north"])
    assert.equal((await assign("a", ["customer", "service"])).at("code"), "roles_not_assignable")
    assert.equal(
      (await send("GET", "/v1/users/me", { token: person.token })).status,
      401,
      "another branch, a new login"
    )
    const token = (await logIn(bank, email)).textAt("accessToken")
    await addTotp(bank, { ...person, token })
    assert.equal((await assign(token, ["customer"])).at("code"), "step_up_required")
    const own = await assign(await raise(bank, { ...person, token }), ["customer"])
    assert.deepEqual([own.status, own.at("code")], [403, "not_on_oneself"], own.text)
  })
})
