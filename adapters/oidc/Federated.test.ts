/** Logins at other providers from the login page: how they begin, come back and go on, and what cannot be done with them. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { Clock, Effect } from "effect"
import { createRemoteJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import { ChallengeStore, SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { SessionId } from "../../domain/ids/index.ts"
import { type Browser, browser, type Shown } from "../../infra/testing/browser.ts"
import {
  ada,
  email,
  grace,
  publicApp,
  redirectUri,
  startBank,
  type TestBank,
  tenant,
  totpCode
} from "./bank.fixture.ts"
import { discover, logInAt, request } from "./flow.fixture.ts"
import { ahead, alert, backFrom, otherProviders } from "./people.fixture.ts"

let bank: TestBank
const other = otherProviders(() => bank.issuer)
before(async () => {
  bank = await startBank({}, undefined, other.layer)
})
after(() => bank.stop())

const cookie = "/ gophers_federated"

/** A browser at the login page, and what redeems the code that it brings back. */
const loginPage = async (tab: Browser = browser(bank.issuer), more: Readonly<Record<string, string>> = {}) => {
  const config = await discover(bank, publicApp.id)
  const { url, checks } = await request(config, more)
  const page = await tab.open(url)
  return {
    tab,
    page,
    tokensAt: async ({ left, html }: Shown) => {
      assert.ok(left !== undefined, html)
      return client.authorizationCodeGrant(config, left, checks)
    }
  }
}

/** Presses the button of a provider; gives where the browser is sent. */
const away = async (tab: Browser, page: Shown, provider = "first"): Promise<URL> =>
  ahead(await tab.submit(page, "/federated", { provider }))

/** A browser that has been sent away and has not come back yet, and the address that it will come back to. */
const sentAway = async (name: string, provider = "first") => {
  const login = await loginPage()
  const at = await away(login.tab, login.page, provider)
  return { ...login, at, back: backFrom(bank.issuer, at, name) }
}

const claimsOf = async (token: string) => {
  const keys = createRemoteJWKSet(new URL(`${bank.issuer}/jwks`))
  return (await jwtVerify(token, keys, { issuer: bank.issuer, audience: "bank", typ: "at+jwt" })).payload
}

/** Links a login at the first provider to a user, as the user has done over the API. */
const link = (user: typeof ada, subject: string) =>
  bank.run(
    Effect.gen(function* () {
      const users = yield* UserStore
      const credentials = yield* users.credentials(user.id)
      const linkedAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
      const identities = [...credentials.identities, { issuer: "https://first.example", subject, linkedAt }]
      yield* users.saveCredentials({ ...credentials, identities, version: credentials.version + 1 })
    })
  )

describe("a login at another provider", () => {
  test("is offered for each provider that is set up, and for none where none is", async () => {
    const { page } = await loginPage()
    const buttons = [...page.html.matchAll(/name="provider" value="(\w+)">([^<]+)</gu)].map(([, ...found]) => found)
    assert.deepEqual(buttons, [
      ["first", "Continue with First &amp; Co"],
      ["second", "Continue with Second"]
    ])
    const alone = await startBank()
    const { url } = await request(await discover(alone, publicApp.id))
    assert.doesNotMatch((await browser(alone.issuer).open(url)).html, /Continue with/u)
    await alone.stop()
  })

  test("opens an account, and the app gets a code and tokens as after any other login", async () => {
    const { tab, tokensAt, back } = await sentAway("newcomer")
    const asked = await tab.open(back)
    assert.match(asked.html, /Allow access\?/u)
    const tokens = await tokensAt(await tab.submit(asked, "/consent"))
    const { sub, sid, acr, auth_time, customer, roles, ...claims } = await claimsOf(tokens.access_token)
    assert.match(String(sub), /^usr_/u)
    assert.match(String(customer), /^cus_/u)
    assert.deepEqual([acr, roles, claims.tenant, claims.kyc], ["single", ["customer"], tenant, "none"])
    const session = await bank.run(Effect.flatMap(SessionStore, (all) => all.find(SessionId.make(String(sid)))))
    assert.deepEqual([session.user, session.methods, session.client], [sub, ["federated"], publicApp.id])
    assert.equal(auth_time, Math.floor(session.authenticatedAt / 1000))
    const { email, email_verified, ...id } = await client.fetchUserInfo(
      await discover(bank, publicApp.id),
      tokens.access_token,
      String(sub)
    )
    assert.deepEqual([email, email_verified, id.name], ["newcomer@example.com", true, "newcomer"])
    assert.deepEqual(tokens.claims()?.amr, ["fed"])
  })

  test("logs in the user that it is linked to, and the browser stays logged in", async () => {
    await link(ada, "ada-over-there")
    const { tab, tokensAt, back } = await sentAway("ada-over-there")
    const tokens = await tokensAt(await tab.submit(await tab.open(back), "/consent"))
    assert.equal((await claimsOf(tokens.access_token)).sub, ada.id)
    const again = await loginPage(tab, { prompt: "none" })
    assert.equal((await claimsOf((await again.tokensAt(again.page)).access_token)).sub, ada.id)
  })

  test("is half of one for a user with a second factor", async () => {
    await link(grace, "grace-over-there")
    const { tab, tokensAt, back } = await sentAway("grace-over-there")
    const factor = await tab.open(back)
    assert.match(factor.html, /One more step/u)
    assert.equal(factor.left, undefined)
    assert.equal((await tab.submit(factor, "/factor", { code: "000000" })).status, 401)
    const asked = await tab.submit(factor, "/factor", { code: totpCode })
    const tokens = await tokensAt(await tab.submit(asked, "/consent"))
    const { sub, acr } = await claimsOf(tokens.access_token)
    assert.deepEqual([sub, acr, tokens.claims()?.amr], [grace.id, "mfa", ["fed", "otp"]])
  })

  test("is on the audit log with who it was, or why it was refused", async () => {
    const one = await sentAway("audited")
    await one.tab.open(one.back)
    const two = await sentAway("unverified-audited")
    await two.tab.open(two.back)
    const entries = await bank.run(
      Effect.flatMap(AuditLog, (log) => log.search({ operation: "sessions.create", limit: 4 }))
    )
    assert.deepEqual(
      entries.map(({ outcome, code, actor }) => [outcome, code, actor.client]),
      [
        ["failed", "email_not_verified", publicApp.id],
        ["attempted", undefined, publicApp.id],
        ["done", undefined, publicApp.id],
        ["attempted", undefined, publicApp.id]
      ]
    )
    assert.match(entries[2]?.objects[1] ?? "", /^ses_/u)
  })

  test("knows the device that the login before was on, which then keeps a new secret in place of that one", async () => {
    const { tab, back } = await sentAway("newcomer")
    await tab.open(back)
    const device = tab.cookies.get("/interaction/ gophers_device")?.value
    assert.ok(device !== undefined)
    const { page } = await loginPage(tab, { prompt: "login" })
    await tab.open(backFrom(bank.issuer, await away(tab, page), "newcomer"))
    assert.notEqual(tab.cookies.get("/interaction/ gophers_device")?.value, device)
    const digest = createHash("sha256").update(device).digest("hex")
    const now = Instant.fromMillis(Date.now())
    const left = Effect.flatMap(ChallengeStore, (all) => all.attempt("known_device", digest, now))
    assert.equal(await bank.run(left), undefined)
  })
})

describe("what the browser keeps meanwhile", () => {
  const begunAt = async (issuer: string) => {
    const secure = await startBank({ issuer }, undefined, other.layer)
    const { url } = await request(await discover(bank, publicApp.id))
    const begun = await fetch(new URL(url.pathname + url.search, secure.address), { redirect: "manual" })
    const cookies = begun.headers.getSetCookie().map((line) => line.split(";")[0])
    const path = begun.headers.get("location") ?? ""
    const answer = await fetch(`${secure.address}${path}/federated`, {
      method: "POST",
      headers: { origin: issuer, cookie: cookies.join("; ") },
      body: new URLSearchParams({ provider: "first" })
    })
    await secure.stop()
    return answer
  }

  test("is out of reach for scripts, other sites' requests and plain connections, and lasts no longer than the ticket", async () => {
    const answer = await begunAt("https://login.gophers.example")
    const [line = "", ...others] = answer.headers.getSetCookie()
    assert.deepEqual(others, [])
    const [value, ...attributes] = line.split("; ")
    assert.match(value ?? "", /^gophers_federated=[\w-]+\.[\w-]{43}\.[\w-]{43}$/u)
    assert.deepEqual(attributes, ["Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax", "Secure"])
  })

  test("is gone when it has come back, whatever came of it", async () => {
    for (const name of ["newcomer", "unverified-bob", "ada"]) {
      const { tab, back } = await sentAway(name)
      assert.ok(tab.cookies.has(cookie))
      await tab.open(back)
      assert.ok(!tab.cookies.has(cookie), name)
    }
  })

  test("the address over there tells neither the ticket nor the interaction", async () => {
    const { tab, at } = await sentAway("newcomer")
    const [uid = "", , ticket = ""] = (tab.cookies.get(cookie)?.value ?? "").split(".")
    assert.ok(uid.length > 0 && ticket.length > 0)
    assert.ok(!at.href.includes(uid) && !at.href.includes(ticket))
  })

  test("the page that leads there shows a link as well, and lets nothing else in", async () => {
    const { tab, page } = await loginPage()
    const shown = await tab.submit(page, "/federated", { provider: "first" })
    assert.equal(shown.status, 200)
    assert.match(shown.html, /Go on to First &amp; Co/u)
    assert.ok(shown.html.includes(`href="${ahead(shown).href.replaceAll("&", "&amp;")}"`))
    assert.match(shown.headers.get("content-security-policy") ?? "", /default-src 'none'/u)
    assert.equal(shown.headers.get("cache-control"), "no-store")
    assert.equal(shown.headers.get("referrer-policy"), "same-origin")
  })
})

describe("what is refused, with what to do", () => {
  test("a form that no page of the bank sent begins nothing", async () => {
    const { tab, page } = await loginPage()
    const path = new URL(page.url).pathname
    assert.equal((await tab.post(`${path}/federated`, { provider: "first" }, "https://evil.example")).status, 403)
    assert.ok(!tab.cookies.has(cookie))
  })

  test("a provider that is not set up, or is down, begins nothing, and the login page stays", async () => {
    const { tab, page } = await loginPage()
    for (const provider of ["third", "../first", "https://evil.example", ""]) {
      const refused = await tab.submit(page, "/federated", { provider })
      assert.ok(refused.status === 422 || refused.status === 400, provider)
      assert.match(refused.html, /<label for="password">/u)
      assert.equal(refused.headers.get("refresh"), null)
    }
    other.state.isDown = true
    const down = await tab.submit(page, "/federated", { provider: "first" })
    other.state.isDown = false
    assert.equal(down.status, 422)
    assert.match(alert(down), /log in another way/u)
    assert.ok(!tab.cookies.has(cookie))
  })

  test("another browser with a stolen address of the way back gets nowhere, and the user's own still does", async () => {
    const { tab, back } = await sentAway("newcomer")
    const before = other.state.answers
    for (const thief of [browser(bank.issuer), (await sentAway("mallory")).tab]) {
      const refused = await thief.open(back)
      assert.equal(refused.status, 400)
      assert.match(refused.html, /Go back to the app and start again/u)
      assert.equal(refused.left, undefined)
    }
    assert.equal(other.state.answers, before, "no answer was looked at")
    assert.match((await tab.open(back)).html, /Allow access\?/u)
  })

  test("an answer that someone else sends a browser is not taken, and does not end the login that is under way", async () => {
    const mallory = await sentAway("mallory")
    const { tab, back } = await sentAway("newcomer")
    assert.equal((await tab.open(mallory.back)).status, 400)
    assert.equal((await tab.open(new URL(`${bank.issuer}/federated/first`))).status, 400)
    assert.match((await tab.open(back)).html, /Allow access\?/u)
  })

  test("an answer counts once", async () => {
    const { tab, back } = await sentAway("newcomer")
    const kept = tab.cookies.get(cookie)
    assert.ok(kept !== undefined)
    const asked = await tab.open(back)
    const replayed = await tab.open(back)
    assert.equal(replayed.status, 400)
    // Even with all that the browser had kept.
    tab.cookies.set(cookie, kept)
    const again = await tab.open(back)
    assert.equal(again.status, 400)
    assert.match(again.html, /expired/u)
    assert.ok(!tab.cookies.has(cookie))
    assert.ok((await tab.submit(asked, "/consent")).left?.searchParams.has("code"))
  })

  test("a ticket is taken once in an interaction that goes on", async () => {
    const { tab, back } = await sentAway("unverified-bob")
    const kept = tab.cookies.get(cookie)
    assert.ok(kept !== undefined)
    assert.equal((await tab.open(back)).status, 422)
    tab.cookies.set(cookie, kept)
    const answers = other.state.answers
    const again = await tab.open(new URL(back.href.replace("unverified-bob", "newcomer")))
    assert.equal(again.status, 401)
    assert.match(alert(again), /finished before, or took too long/u)
    assert.equal(other.state.answers, answers)
  })

  test("an answer does not count at another provider's address", async () => {
    const { tab, back } = await sentAway("newcomer")
    const swapped = await tab.open(new URL(back.href.replace("/federated/first", "/federated/second")))
    assert.equal(swapped.status, 422)
    assert.match(swapped.html, /<label for="password">/u)
    assert.equal((await tab.open(new URL(back.href.replace("/federated/first", "/federated/..%2Ffirst")))).status, 404)
  })

  test("a login that comes back when the interaction has ended is told to begin again", async () => {
    const { tab, page, back } = await sentAway("newcomer")
    await tab.submit(page, "/abort")
    const answers = other.state.answers
    const late = await tab.open(back)
    assert.equal(late.status, 400)
    assert.match(late.html, /expired\. Go back to the app and start again/u)
    assert.equal(other.state.answers, answers)
    assert.ok(!tab.cookies.has(cookie))
  })

  test("a login that comes back when the user has logged in another way meanwhile changes nothing", async () => {
    const { tab, page, tokensAt, back } = await sentAway("newcomer")
    const asked = await logInAt(tab, page)
    assert.equal((await tab.open(back)).status, 400)
    const tokens = await tokensAt(await tab.submit(asked, "/consent"))
    assert.equal((await claimsOf(tokens.access_token)).sub, ada.id)
  })

  test("a step that is over takes no answer", async () => {
    const { tab, page, back } = await sentAway("newcomer")
    const asked = await logInAt(tab, page)
    const path = new URL(asked.url).pathname
    const [, ...kept] = (tab.cookies.get(cookie)?.value ?? "").split(".")
    tab.cookies.set(cookie, { value: [path.replace("/interaction/", ""), ...kept].join("."), path: "/" })
    const answers = other.state.answers
    assert.equal((await tab.open(back)).status, 409)
    assert.equal(other.state.answers, answers)
  })

  test("a ticket opens no other interaction of the browser", async () => {
    const { tab, page, back } = await sentAway("newcomer")
    const own = new URL(page.url).pathname
    const { page: second } = await loginPage(tab)
    const path = new URL(second.url).pathname
    assert.notEqual(path, own)
    const refused = await tab.open(new URL(`${bank.issuer}${path}/federated/first${back.search}`))
    assert.equal(refused.status, 400)
    assert.match(alert(refused), /not begun here/u)
    assert.match((await tab.open(back)).html, /Allow access\?/u)
  })

  test("whoever has the address of a user here opens nothing by it, and is told to log in and link", async () => {
    const { tab, page, back } = await sentAway("edsger")
    assert.match(page.html, /Log in/u)
    const refused = await tab.open(back)
    assert.equal(refused.status, 409)
    assert.match(alert(refused), /Log in with it/u)
    const asked = await logInAt(tab, refused, email)
    assert.match(asked.html, /Allow access\?/u)
  })

  test("an address that is not verified over there opens no account", async () => {
    const { tab, back } = await sentAway("unverified-bob")
    const refused = await tab.open(back)
    assert.equal(refused.status, 422)
    assert.match(alert(refused), /not verified/u)
  })

  test("a user who changed its mind over there chooses another way to log in", async () => {
    const { tab, at } = await sentAway("newcomer")
    const answer = new URLSearchParams({ error: "access_denied", state: at.searchParams.get("state") ?? "" })
    const refused = await tab.open(new URL(`${bank.issuer}/federated/first?${answer}`))
    assert.equal(refused.status, 422)
    assert.match(alert(refused), /log in another way/u)
    assert.match((await logInAt(tab, refused)).html, /Allow access\?/u)
  })

  test("no refusal leads out of the bank or shows what came with the answer", async () => {
    const { tab, back } = await sentAway("newcomer")
    for (const more of ["redirect_uri", "returnTo", "next", "error_description"])
      back.searchParams.set(more, "https://evil.example/<script>")
    back.searchParams.delete("code")
    const refused = await tab.open(back)
    assert.equal(refused.left, undefined)
    assert.doesNotMatch(refused.html, /evil/u)
    assert.doesNotMatch(refused.html, /\.ts:\d+/u)
    const digest = createHash("sha256")
      .update(back.searchParams.get("state") ?? "")
      .digest("base64url")
    for (const uid of ["/evil", "..%2F..", "%0d%0a", ""]) {
      tab.cookies.set(cookie, { value: `${uid}.${digest}.x`, path: "/" })
      const forged = await tab.open(back)
      assert.deepEqual([forged.status, forged.left], [400, undefined])
      assert.match(forged.html, /not waiting for that login/u)
    }
  })

  test("a form may lead to the app alone, as ever: not to wherever another provider is", async () => {
    const { page } = await loginPage()
    const policy = page.headers.get("content-security-policy") ?? ""
    assert.ok(policy.includes(`form-action 'self' ${new URL(redirectUri).origin};`), policy)
  })
})
