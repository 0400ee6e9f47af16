/** What ends at the provider is on the audit log: who ended it, from where, and why. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { createRemoteJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import { appClient } from "../../application/ports/Tokens.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { SessionId } from "../../domain/ids/index.ts"
import { browser } from "../../infra/testing/browser.ts"
import { ada, publicApp, startBank, type TestBank } from "./bank.fixture.ts"
import { appConnected, authorized, connected, discover, logInAt, refreshTokenOf, request } from "./flow.fixture.ts"
import { seen } from "./Logins.ts"

let bank: TestBank
before(async () => {
  bank = await startBank()
})
after(() => bank.stop())

type Connected = Awaited<ReturnType<typeof connected>>

const sessionOf = async ({ access_token }: Connected["tokens"]) => {
  const keys = createRemoteJWKSet(new URL(`${bank.issuer}/jwks`))
  const { payload } = await jwtVerify(access_token, keys, { issuer: bank.issuer })
  return SessionId.make(String(payload.sid))
}

/** What is on the audit log of a session's end, oldest first. */
const endsOf = async (session: SessionId) => {
  const log = await bank.run(AuditLog)
  const entries = await bank.run(log.search({ operation: "sessions.revoke", object: session, limit: 100 }))
  return entries.toReversed()
}

const refreshed = (token: string) =>
  fetch(`${bank.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: publicApp.id })
  })

describe("the audit log", () => {
  test("says that a user has logged out, from where, and once", async () => {
    const { config, tab, tokens } = await appConnected(bank)
    const session = await sessionOf(tokens)
    const asked = await tab.open(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "" }))
    await tab.submit(asked, "/session/end/confirm", { logout: "yes" })
    const [end, ...more] = await endsOf(session)
    assert.ok(end !== undefined && more.length === 0)
    assert.deepEqual([end.outcome, end.objects], ["done", [ada.id, session]])
    const { id, user, customer, session: from } = end.actor
    assert.deepEqual([id, user, customer, from], [ada.id, ada.id, ada.customer, session])
    assert.equal(end.origin.reason, "logged out")
    assert.match(end.origin.address ?? "", /127\.0\.0\.1$/u)
  })

  test("says that an app has revoked what it was granted, and which app", async () => {
    const { config, tokens } = await appConnected(bank)
    await client.tokenRevocation(config, refreshTokenOf(tokens))
    const [end, ...more] = await endsOf(await sessionOf(tokens))
    assert.ok(end !== undefined && more.length === 0)
    assert.deepEqual([end.actor.user, end.actor.client, end.outcome], [ada.id, appClient, "done"])
    assert.equal(end.origin.reason, `revoked at ${appClient}`)
  })

  test("says that the bank ended what a refresh token had that came again", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const first = refreshTokenOf(tokens)
    await refreshed(first)
    await refreshed(first)
    const [end, ...more] = await endsOf(await sessionOf(tokens))
    assert.ok(end !== undefined && more.length === 0)
    assert.deepEqual([end.actor.id, end.actor.user, end.outcome], ["bank", undefined, "done"])
    assert.equal(end.origin.reason, "refresh token used twice")
  })

  test("says so too where both came at once, and where a code did", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const token = refreshTokenOf(tokens)
    await Promise.all(Array.from({ length: 10 }, () => refreshed(token)))
    const ends = await endsOf(await sessionOf(tokens))
    assert.ok(ends.length >= 1)
    for (const { origin } of ends) assert.equal(origin.reason, "refresh token used twice")
    const config = await discover(bank, publicApp.id)
    const again = await connected(bank, config)
    await assert.rejects(client.authorizationCodeGrant(config, again.callback, again.checks))
    const [end] = await endsOf(await sessionOf(again.tokens))
    assert.deepEqual([end?.actor.id, end?.origin.reason], ["bank", "code used twice"])
  })

  test("says nothing of a token that is none", async () => {
    const log = await bank.run(AuditLog)
    const { sequence } = await bank.run(log.head)
    await client.tokenRevocation(await discover(bank, publicApp.id), "no such token")
    assert.equal((await bank.run(log.head)).sequence, sequence)
  })
})

describe("a session that is used", () => {
  test("keeps a raise that came between its reading and its writing", async () => {
    const { config, tokens } = await appConnected(bank)
    const id = await sessionOf(tokens)
    const sessions = await bank.run(SessionStore)
    const session = await bank.run(sessions.find(id))
    const hour = 3_600_000
    const [longAgo, raisedAt] = [-2 * hour, -hour].map((millis) => Instant.addMillis(session.lastSeenAt, millis))
    assert.ok(longAgo !== undefined && raisedAt !== undefined)
    const old = { ...session, lastSeenAt: longAgo }
    const raise = { methods: ["pwd", "otp"], assurance: "mfa", authenticatedAt: raisedAt } as const
    await bank.run(sessions.save({ ...old, ...raise }))
    await bank.run(seen({ user: ada, session: old }))
    const { lastSeenAt, methods, assurance, authenticatedAt } = await bank.run(sessions.find(id))
    assert.deepEqual({ methods, assurance, authenticatedAt }, raise)
    assert.ok(lastSeenAt > longAgo)
    await client.refreshTokenGrant(config, refreshTokenOf(tokens))
  })
})

describe("cookies that a stranger has planted", () => {
  test("open nothing once the user has logged in with them", async () => {
    const config = await discover(bank, publicApp.id)
    const { url } = await request(config)
    const [stranger, victim] = [browser(bank.issuer), browser(bank.issuer)]
    const page = await stranger.open(url)
    for (const [name, cookie] of stranger.cookies) victim.cookies.set(name, cookie)
    const planted = new Map(stranger.cookies)
    const asked = await logInAt(victim, page)
    assert.ok((await victim.submit(asked, "/consent")).left?.searchParams.has("code"))
    const silent = async () => {
      const next = await request(config, { prompt: "none" })
      return (await stranger.open(next.url)).left?.searchParams.get("error")
    }
    assert.equal(await silent(), "login_required")
    for (const [name, cookie] of planted) stranger.cookies.set(name, cookie)
    const uid = new URL(page.url).pathname.split("/").at(-1) ?? ""
    const resumed = await stranger.open(new URL(`/auth/${uid}`, bank.issuer))
    assert.equal(resumed.left?.searchParams.has("code") ?? false, false)
    assert.equal(await silent(), "login_required")
  })

  test("of an earlier login are no longer those of the next one", async () => {
    const config = await discover(bank, publicApp.id)
    const tab = browser(bank.issuer)
    await authorized(tab, (await request(config)).url)
    const before = new Map(tab.cookies)
    const again = await request(config, { prompt: "login" })
    await logInAt(tab, await tab.open(again.url))
    const stale = browser(bank.issuer)
    for (const [name, cookie] of before) stale.cookies.set(name, cookie)
    const { url } = await request(config, { prompt: "none" })
    assert.equal((await stale.open(url)).left?.searchParams.get("error"), "login_required")
  })
})
