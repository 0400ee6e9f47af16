/** The pages: whom they believe, what they show, and what browsers are told about them. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect } from "effect"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import { browser, formOf } from "../../infra/testing/browser.ts"
import { ada, email, mfaEmail, password, publicApp, startBank, type TestBank } from "./bank.fixture.ts"
import { authorized, discover, logInAt, request } from "./flow.fixture.ts"

let bank: TestBank
before(async () => {
  bank = await startBank()
})
after(() => bank.stop())

const loginPage = async (more: Readonly<Record<string, string>> = {}) => {
  const tab = browser(bank.issuer)
  const { url } = await request(await discover(bank, publicApp.id), more)
  return { tab, page: await tab.open(url) }
}

describe("pages", () => {
  test("the login page is labelled for people and for password managers", async () => {
    const { page } = await loginPage({ login_hint: "ada@example.com" })
    assert.equal(page.status, 200)
    for (const part of [
      '<html lang="en">',
      '<label for="email">',
      'autocomplete="username webauthn"',
      'value="ada@example.com"',
      '<label for="password">',
      'autocomplete="current-password"'
    ])
      assert.ok(page.html.includes(part), part)
  })

  test("whoever comes by itself, or back where no app waits, is told where to go, and nothing of the address is shown", async () => {
    const front = await browser(bank.issuer).open(new URL(bank.issuer))
    assert.equal(front.status, 200)
    assert.match(front.html, /the app that you use sends you to this place/u)
    const back = await browser(bank.issuer).open(new URL(`${bank.issuer}/callback?code=s3cr3t&state=%3Cscript%3E`))
    assert.equal(back.status, 200)
    assert.match(back.html, /Go back to the app that sent you here/u)
    assert.doesNotMatch(back.html, /s3cr3t|script>/u)
  })

  test("nothing that an app or a request brings becomes part of a page's markup", async () => {
    const { page } = await loginPage({ login_hint: '"><script>alert(1)</script>' })
    assert.ok(page.html.includes("Budget &lt;Planner&gt;"))
    assert.ok(!page.html.includes("<script>alert"))
    const broken = await browser(bank.issuer).open(
      new URL(`${bank.issuer}/auth?client_id=${encodeURIComponent("<script>alert(1)</script>")}`)
    )
    assert.equal(broken.status, 400)
    assert.ok(!broken.html.includes("<script>alert"))
  })

  test("no other site may frame a page, run scripts in it or learn its address; forms lead to the app alone", async () => {
    const { page } = await loginPage()
    const policy = page.headers.get("content-security-policy") ?? ""
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://planner.example"])
      assert.ok(policy.includes(part), policy)
    assert.ok(!policy.includes("unsafe"))
    assert.equal(page.headers.get("x-frame-options"), "DENY")
    assert.equal(page.headers.get("x-content-type-options"), "nosniff")
    assert.equal(page.headers.get("referrer-policy"), "same-origin")
    assert.equal(page.headers.get("cache-control"), "no-store")
  })

  test("the style and the script come from here and from nowhere else", async () => {
    const { page } = await loginPage()
    const sources = [...page.html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, source = ""]) => source)
    assert.deepEqual(sources, ["/assets/style.css", "/assets/passkey.js"])
    for (const source of sources) assert.equal((await fetch(bank.issuer + source)).status, 200)
    assert.equal((await fetch(`${bank.issuer}/assets/../Pages.ts`)).status, 404)
  })

  test("cookies are out of reach for scripts and other sites, and for plain connections where there is https", async () => {
    const { url } = await request(await discover(bank, publicApp.id))
    const lines = (await fetch(url, { redirect: "manual" })).headers.getSetCookie()
    assert.ok(lines.length > 0)
    for (const line of lines) {
      assert.match(line, /httponly/iu)
      assert.match(line, /samesite=lax/iu)
      assert.doesNotMatch(line, /secure/iu)
    }
    const secure = await startBank({ issuer: "https://login.gophers.example" })
    const there = new URL(url.pathname + url.search, secure.address)
    const answer = await fetch(there, { redirect: "manual" })
    for (const line of answer.headers.getSetCookie()) assert.match(line, /; secure/iu)
    assert.ok(answer.headers.has("strict-transport-security"))
    await secure.stop()
  })
})

describe("forms", () => {
  test("a form counts only if a page of the bank sent it", async () => {
    const { tab, page } = await loginPage()
    const { action } = formOf(page.html, "/login")
    for (const origin of ["https://evil.example", "null"]) {
      const refused = await tab.post(action, { email, password }, origin)
      assert.equal(refused.status, 403)
    }
    assert.ok(!(await logInAt(tab, page)).html.includes("Log in"))
  })

  test("a page belongs to the browser that began", async () => {
    const { page } = await loginPage()
    const other = browser(bank.issuer)
    const refused = await other.submit(page, "/login", { email, password })
    assert.equal(refused.status, 400)
    assert.match(refused.html, /expired/u)
  })

  test("consent cannot be given before the login, nor a step be done that is over", async () => {
    const { tab, page } = await loginPage()
    const { action } = formOf(page.html, "/login")
    const base = action.replace(/\/login$/u, "")
    assert.equal((await tab.post(`${base}/consent`, {})).status, 409)
    assert.equal((await tab.post(`${base}/nothing`, {})).status, 404)
  })

  test("a wrong password and an unknown address are answered alike", async () => {
    const { tab, page } = await loginPage()
    const wrong = await tab.submit(page, "/login", { email, password: "wrong" })
    const unknown = await tab.submit(page, "/login", { email: "nobody@example.com", password: "wrong" })
    assert.deepEqual([wrong.status, unknown.status], [401, 401])
    assert.equal(wrong.html.replaceAll(email, ""), unknown.html.replaceAll("nobody@example.com", ""))
    assert.match(wrong.html, /role="alert"/u)
  })

  test("a factor that is refused may be followed by any other that the page has offered", async () => {
    const { tab, page } = await loginPage()
    const asked = await logInAt(tab, page, mfaEmail)
    const offered = (html: string) => [...html.matchAll(/name="(code|passkey|recoveryCode)"/gu)].map(([, name]) => name)
    assert.deepEqual(offered(asked.html), ["code", "passkey", "recoveryCode"])
    const wrong = await tab.submit(asked, "/factor", { code: "000000" })
    assert.match(wrong.html, /That code is wrong, was used before, or came too late/u)
    assert.deepEqual(offered(wrong.html), ["code", "passkey", "recoveryCode"])
    const forged = await tab.submit(asked, "/factor", { code: "000000", methods: 'passkey "><script> toString' })
    assert.deepEqual(offered(forged.html), ["code", "passkey"])
    assert.ok(!forged.html.includes("<script>"))
  })

  test("who fails too often has to wait, and is told how long", async () => {
    const { tab, page } = await loginPage()
    let answer = page
    for (let attempt = 0; attempt < 20 && answer.status !== 429; attempt++)
      answer = await tab.submit(page, "/login", { email: "mallory@example.com", password: "wrong" })
    assert.equal(answer.status, 429)
    assert.ok(Number(answer.headers.get("retry-after")) > 0)
  })

  test("a form that is too long is not read", async () => {
    const { tab, page } = await loginPage()
    assert.equal((await tab.submit(page, "/login", { email, password: "x".repeat(20_000) })).status, 400)
  })

  test("the device is remembered by a cookie that only these pages get", async () => {
    const { tab, page } = await loginPage()
    await logInAt(tab, page)
    assert.ok(tab.cookies.has("/interaction/ gophers_device"))
  })

  test("logging out leads nowhere that no app has registered", async () => {
    const { tab, page } = await loginPage()
    await tab.submit(await logInAt(tab, page), "/consent")
    const asked = await tab.open(new URL(`${bank.issuer}/session/end?post_logout_redirect_uri=https://evil.example/`))
    const gone = await tab.submit(asked, "/session/end/confirm", { logout: "yes" })
    assert.equal(gone.left, undefined)
    assert.match(gone.html, /You are logged out/u)
  })
})

describe("requests", () => {
  test("addresses are the issuer's, whatever a request says of its host", async () => {
    const answer = await fetch(`${bank.issuer}/.well-known/openid-configuration`, {
      headers: { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" }
    })
    const text = await answer.text()
    assert.ok(text.includes(`"token_endpoint":"${bank.issuer}/token"`))
    assert.ok(!text.includes("evil"))
  })

  test("who asks too often is told to come again", async () => {
    const small = await startBank({ requestsPerMinuteMax: 5 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${small.issuer}/jwks`)))
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(refused.length, 3)
    assert.ok(refused.every(({ headers }) => headers.has("retry-after")))
    await small.stop()
  })

  test("behind proxies it is the address that they tell which counts, of IPv6 all that one subscriber has", async () => {
    const lastBut = (count: number) => (forwarded: string | undefined) => forwarded?.split(", ").at(-1 - count)
    const small = await startBank({ requestsPerMinuteMax: 2, addressOf: lastBut(1) })
    const asks = (forwarded: string) => fetch(`${small.issuer}/jwks`, { headers: { "x-forwarded-for": forwarded } })
    const of = async (addresses: ReadonlyArray<string>) =>
      (await Promise.all(addresses.map(asks))).map(({ status }) => status).sort()
    const [inner, left] = ["10.0.0.8", "192.0.2.1"]
    const spoofed = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map((each) => `${each}, ${left}, ${inner}`)
    assert.deepEqual(await of(spoofed), [200, 200, 429])
    assert.deepEqual(await of([`192.0.2.2, ${inner}`, `192.0.2.3, ${inner}`]), [200, 200])
    assert.deepEqual(await of(["1", "2", "3"].map((each) => `2001:db8::${each}, ${inner}`)), [200, 200, 429])
    await small.stop()
  })

  test("what the endpoints read is bounded", async () => {
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "x".repeat(100_000) })
    assert.equal((await fetch(`${bank.issuer}/token`, { method: "POST", body })).status, 400)
  })
})

describe("the audit log", () => {
  test("a login leaves who it was, from where, and in which app; a failure leaves why", async () => {
    const { tab, page } = await loginPage()
    await tab.submit(page, "/login", { email, password: "wrong" })
    const { url } = await request(await discover(bank, publicApp.id))
    await authorized(browser(bank.issuer), url)
    const entries = await bank.run(
      Effect.flatMap(AuditLog, (log) => log.search({ operation: "sessions.create", limit: 4 }))
    )
    assert.deepEqual(
      entries.map(({ outcome, code }) => [outcome, code]),
      [
        ["done", undefined],
        ["attempted", undefined],
        ["failed", "invalid_login"],
        ["attempted", undefined]
      ]
    )
    assert.equal(entries[0]?.objects[0], ada.id)
    assert.match(entries[0]?.objects[1] ?? "", /^ses_/u)
    assert.equal(entries[0]?.actor.client, publicApp.id)
    assert.equal(entries[0]?.origin.address, "127.0.0.1")
  })
})
