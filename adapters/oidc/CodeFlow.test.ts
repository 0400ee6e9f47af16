/** The authorization code flow as `openid-client` and a browser see it. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect } from "effect"
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose"
import * as client from "openid-client"
import { type RegisterClient, registerClient } from "../../application/clients/index.ts"
import { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { SessionId } from "../../domain/ids/index.ts"
import { browser } from "../../infra/testing/browser.ts"
import {
  ada,
  appRedirectUri,
  bound,
  email,
  grace,
  mfaEmail,
  otherEmail,
  program,
  publicApp,
  recoveryCode,
  redirectUri,
  startBank,
  type TestBank,
  tenant,
  totpCode
} from "./bank.fixture.ts"
import { appConnected, confidentialOf, connected, discover, logInAt, refreshTokenOf, request } from "./flow.fixture.ts"
import { bankResource } from "./index.ts"

let bank: TestBank
before(async () => {
  bank = await startBank()
})
after(() => bank.stop())

const verified = (token: string, audience = "bank") =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${bank.issuer}/jwks`)), { issuer: bank.issuer, audience, typ: "at+jwt" })

describe("the code flow", () => {
  test("a user logs in, consents, and the app gets a token of RFC 9068 for the bank's API", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const { payload, protectedHeader } = await verified(tokens.access_token)
    assert.equal(protectedHeader.alg, "ES256")
    assert.equal(protectedHeader.kid, bank.ring.signer())
    const { exp = 0, iat = 0, jti, auth_time, sid, gid, ...claims } = payload
    assert.deepEqual(claims, {
      iss: bank.issuer,
      sub: ada.id,
      aud: "bank",
      client_id: publicApp.id,
      scope: "openid email profile accounts:read",
      tenant,
      customer: ada.customer,
      roles: ["customer"],
      branch: "main",
      kyc: "basic",
      acr: "single"
    })
    assert.equal(exp - iat, 300)
    assert.equal(tokens.expires_in, 300)
    assert.match(String(sid), /^ses_/u)
    assert.ok(Number(auth_time) <= iat)
    assert.equal(typeof jti, "string")
    assert.equal(typeof gid, "string")
    assert.equal(tokens.claims()?.sub, ada.id)
  })

  test("the same token opens the userinfo endpoint, which tells what the scopes allow", async () => {
    const config = await discover(bank, publicApp.id)
    const { tokens } = await connected(bank, config)
    const info = await client.fetchUserInfo(config, tokens.access_token, ada.id)
    assert.deepEqual({ ...info }, { sub: ada.id, email, email_verified: true, name: "Ada Lovelace" })
  })

  test("an app that only wants to know who it is gets a token for the userinfo endpoint alone", async () => {
    const config = await discover(bank, publicApp.id)
    const { tokens } = await connected(bank, config, { scope: "openid email" })
    assert.equal(tokens.access_token.split(".").length, 1)
    assert.equal((await client.fetchUserInfo(config, tokens.access_token, ada.id)).email, email)
    const seen = await client.tokenIntrospection(config, tokens.access_token)
    assert.deepEqual([seen.active, seen.sub, seen.roles], [true, ada.id, undefined])
  })

  test("a confidential app pushes its request first, and authenticates itself", async () => {
    const config = await confidentialOf(bank)
    const { tokens } = await connected(bank, config, {}, true)
    assert.equal((await verified(tokens.access_token)).payload.sub, ada.id)
    const refreshed = await client.refreshTokenGrant(config, refreshTokenOf(tokens))
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    assert.equal(
      (await verified(refreshed.access_token)).payload.sid,
      (await verified(tokens.access_token)).payload.sid
    )
  })

  test("a token for the bank's API is verified by its signature, and not looked up", async () => {
    const config = await discover(bank, publicApp.id)
    const { tokens } = await connected(bank, config)
    const error = "unsupported_token_type"
    await assert.rejects(client.tokenIntrospection(config, tokens.access_token), { error })
    await assert.rejects(client.tokenRevocation(config, tokens.access_token), { error })
  })

  test("an app without offline_access gets no refresh token", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id), { scope: "openid accounts:read" })
    assert.equal(tokens.refresh_token, undefined)
  })

  test("the bank's own app is asked for no consent and has every scope that it asks for", async () => {
    const { tokens } = await appConnected(bank)
    assert.equal((await verified(tokens.access_token)).payload.scope, "openid accounts:read bank:admin")
    assert.ok(tokens.refresh_token !== undefined)
  })

  test("staff lends an app of a third party what it has as a customer, and no reach to other customers", async () => {
    const branch = await startBank()
    await branch.run(
      Effect.flatMap(UserStore, (users) =>
        users.save({ ...ada, roles: ["customer", "teller"], version: ada.version + 1 })
      )
    )
    const theirs = await connected(branch, await discover(branch, publicApp.id))
    const own = await appConnected(branch)
    const rolesOf = (tokens: { readonly access_token: string }) => decodeJwt(tokens.access_token).roles
    assert.deepEqual([rolesOf(theirs.tokens), rolesOf(own.tokens)], [["customer"], ["customer", "teller"]])
    await branch.stop()
  })

  test("an app can look into its own tokens and revoke them; no other app can", async () => {
    const config = await discover(bank, publicApp.id)
    const { tokens } = await connected(bank, config)
    const token = refreshTokenOf(tokens)
    const other = await confidentialOf(bank)
    assert.equal((await client.tokenIntrospection(config, token)).active, true)
    assert.equal((await client.tokenIntrospection(other, token)).active, false)
    await client.tokenRevocation(other, token)
    assert.equal((await client.tokenIntrospection(config, token)).active, true)
    await client.tokenRevocation(config, token)
    assert.equal((await client.tokenIntrospection(config, token)).active, false)
    await assert.rejects(client.refreshTokenGrant(config, token), { error: "invalid_grant" })
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, ada.id))
  })

  test("discovery offers what the bank does, and nothing weaker", async () => {
    const config = await discover(bank, publicApp.id)
    const metadata = config.serverMetadata()
    assert.deepEqual(metadata.response_types_supported, ["code"])
    assert.deepEqual([...(metadata.grant_types_supported ?? [])].sort(), [
      "authorization_code",
      "client_credentials",
      "refresh_token"
    ])
    assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"])
    assert.deepEqual(metadata.id_token_signing_alg_values_supported, ["ES256"])
    assert.deepEqual(metadata.dpop_signing_alg_values_supported, ["ES256", "EdDSA"])
    assert.deepEqual(metadata.token_endpoint_auth_methods_supported, ["client_secret_basic", "none"])
    assert.equal(metadata.authorization_response_iss_parameter_supported, true)
    assert.ok(metadata.pushed_authorization_request_endpoint !== undefined)
  })

  test("a program gets tokens of its own, with the scopes that it was registered with", async () => {
    const config = await discover(bank, program.id, program.secret)
    const tokens = await client.clientCredentialsGrant(config, { scope: "payments:write" })
    const { exp = 0, iat = 0, jti, ...claims } = (await verified(tokens.access_token)).payload
    assert.deepEqual(claims, {
      iss: bank.issuer,
      sub: program.id,
      aud: "bank",
      client_id: program.id,
      scope: "payments:write",
      tenant,
      roles: ["service"]
    })
    assert.equal(exp - iat, 300)
    assert.equal(typeof jti, "string")
  })
})

describe("registered clients", () => {
  const app: RegisterClient = {
    name: "Planner",
    confidentiality: "confidential",
    grantTypes: ["authorization_code", "refresh_token"],
    redirectUris: [redirectUri],
    scopes: ["accounts:read"]
  }

  test("an app that an administrator has registered works as it was told to, with the secret that it got", async () => {
    const registered = await bank.run(registerClient(app))
    const config = await discover(bank, registered.client.id, registered.secret)
    const { tokens } = await connected(bank, config, {}, true)
    assert.equal((await verified(tokens.access_token)).payload.client_id, registered.client.id)
  })

  test("an app on the user's device comes back to a port of its choice", async () => {
    const { client: native } = await bank.run(
      registerClient({ ...app, confidentiality: "public", redirectUris: ["http://127.0.0.1/back"] })
    )
    const config = await discover(bank, native.id)
    const { callback, tokens } = await connected(bank, config, { redirect_uri: "http://127.0.0.1:49152/back" })
    assert.equal(callback.host, "127.0.0.1:49152")
    assert.equal((await verified(tokens.access_token)).payload.client_id, native.id)
  })

  test("a program asks for itself, bound to its key where it is to be", async () => {
    const registered = await bank.run(
      registerClient({
        name: "Settlement",
        confidentiality: "confidential",
        grantTypes: ["client_credentials"],
        redirectUris: [],
        scopes: ["bank:admin"],
        isDpopRequired: true
      })
    )
    const config = await discover(bank, registered.client.id, registered.secret)
    const own = { scope: "bank:admin" }
    await assert.rejects(client.clientCredentialsGrant(config, own), { error: "invalid_grant" })
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"))
    const tokens = await client.clientCredentialsGrant(config, own, { DPoP })
    const { scope, cnf } = (await verified(tokens.access_token)).payload
    assert.deepEqual({ scope, cnf }, { scope: "bank:admin", cnf: { jkt: await DPoP.calculateThumbprint() } })
  })
})

describe("DPoP", () => {
  test("tokens are bound to the app's key, and refreshing takes the same key", async () => {
    const config = await discover(bank, bound.id)
    const key = await client.randomDPoPKeyPair("ES256")
    const proof = client.getDPoPHandle(config, key)
    const tab = browser(bank.issuer)
    const { url, checks } = await request(config, {
      scope: "openid offline_access accounts:read",
      prompt: "consent",
      dpop_jkt: await proof.calculateThumbprint()
    })
    const asked = await logInAt(tab, await tab.open(url))
    const { left } = await tab.submit(asked, "/consent")
    assert.ok(left !== undefined)
    const tokens = await client.authorizationCodeGrant(config, left, checks, undefined, { DPoP: proof })
    const jkt = await proof.calculateThumbprint()
    assert.equal(tokens.token_type, "dpop")
    assert.deepEqual((await verified(tokens.access_token)).payload.cnf, { jkt })
    const info = await client.fetchUserInfo(config, tokens.access_token, ada.id, { DPoP: proof })
    assert.equal(info.sub, ada.id)
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"))
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens), undefined, { DPoP: other }), {
      error: "invalid_grant"
    })
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens)), { error: "invalid_grant" })
    const next = await client.refreshTokenGrant(config, refreshTokenOf(tokens), undefined, { DPoP: proof })
    assert.deepEqual((await verified(next.access_token)).payload.cnf, { jkt })
  })
})

describe("second factors", () => {
  const openLogin = async () => {
    const config = await discover(bank, publicApp.id)
    const tab = browser(bank.issuer)
    const { url, checks } = await request(config)
    const page = await logInAt(tab, await tab.open(url), mfaEmail)
    const claimsAfter = async (asked: Awaited<ReturnType<typeof tab.open>>) => {
      const { left } = await tab.submit(asked, "/consent")
      assert.ok(left !== undefined)
      const tokens = await client.authorizationCodeGrant(config, left, checks)
      const { acr, sub } = (await verified(tokens.access_token)).payload
      return { acr, sub, amr: tokens.claims()?.amr }
    }
    return { tab, page, claimsAfter }
  }

  test("a user with a second factor is not logged in by the password alone", async () => {
    const { tab, page, claimsAfter } = await openLogin()
    assert.match(page.html, /One more step/u)
    const wrong = await tab.submit(page, "/factor", { code: "000000" })
    assert.equal(wrong.status, 401)
    const asked = await tab.submit(wrong, "/factor", { code: totpCode })
    assert.deepEqual(await claimsAfter(asked), { acr: "mfa", sub: grace.id, amr: ["pwd", "otp"] })
  })

  test("a recovery code stands in for the second factor", async () => {
    const { tab, page, claimsAfter } = await openLogin()
    const asked = await tab.submit(page, "/factor", { recoveryCode })
    assert.deepEqual((await claimsAfter(asked)).acr, "mfa")
  })

  test("a passkey completes a login, or is one by itself", async () => {
    const first = await openLogin()
    const form = first.page.html.match(/name="ticket" value="([^"]+)"/u)?.[1] ?? ""
    const base = new URL(first.page.url).pathname.replace(/\/login$/u, "")
    const given = await first.tab.post(`${base}/options`, { ticket: form })
    const { options } = JSON.parse(given.html)
    const passkey = JSON.stringify({ id: "key-1", challenge: options.challenge })
    const asked = await first.tab.post(`${base}/factor`, { ticket: form, passkey })
    assert.deepEqual((await first.claimsAfter(asked)).amr, ["pwd", "hwk"])

    const second = await openLogin()
    const path = new URL(second.page.url).pathname.replace(/\/login$/u, "")
    const begun = JSON.parse((await second.tab.post(`${path}/options`, { ticket: "" })).html)
    const answer = JSON.stringify({ id: "key-1", challenge: begun.options.challenge })
    const done = await second.tab.post(`${path}/passkey`, { ticket: begun.ticket, passkey: answer })
    assert.deepEqual(await second.claimsAfter(done), { acr: "mfa", sub: grace.id, amr: ["hwk"] })
  })
})

describe("sessions", () => {
  test("who is logged in goes on without logging in again, and an app may ask for a newer login", async () => {
    const config = await discover(bank, publicApp.id)
    const { tab } = await connected(bank, config)
    const silent = await request(config, { prompt: "none", scope: "openid accounts:read" })
    const { left } = await tab.open(silent.url)
    assert.ok(left?.searchParams.has("code"), String(left))
    const fresh = await request(config, { prompt: "login", scope: "openid accounts:read" })
    assert.match((await tab.open(fresh.url)).html, /Log in/u)
  })

  test("an app that needs a second factor has the user log in anew", async () => {
    const config = await discover(bank, publicApp.id)
    const { tab } = await connected(bank, config)
    const { url } = await request(config, { acr_values: "mfa", scope: "openid accounts:read" })
    assert.match((await tab.open(url)).html, /Log in/u)
  })

  test("a session that is revoked at the bank is over here too, and what was granted in it", async () => {
    const config = await discover(bank, publicApp.id)
    const { tab, tokens } = await connected(bank, config)
    const sid = SessionId.make(String((await verified(tokens.access_token)).payload.sid))
    const sessions = await bank.run(SessionStore)
    await bank.run(sessions.revoke(ada.id, { only: sid }, (await bank.run(sessions.find(sid))).lastSeenAt))
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens)), { error: "invalid_grant" })
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, ada.id))
    const silent = await request(config, { prompt: "none", scope: "openid accounts:read" })
    assert.equal((await tab.open(silent.url)).left?.searchParams.get("error"), "login_required")
    const { url, checks } = await request(config, { scope: "openid accounts:read" })
    const again = await logInAt(tab, await tab.open(url))
    const { left } = await tab.submit(again, "/consent")
    assert.ok(left !== undefined)
    const anew = await client.authorizationCodeGrant(config, left, checks)
    assert.notEqual((await verified(anew.access_token)).payload.sid, sid)
  })

  test("logging out ends the browser's session and the bank's, and leads back to the app", async () => {
    const { config, tab, tokens } = await appConnected(bank)
    const sid = SessionId.make(String((await verified(tokens.access_token)).payload.sid))
    const url = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "" })
    const asked = await tab.open(url)
    assert.match(asked.html, /Log out\?/u)
    const gone = await tab.submit(asked, "/session/end/confirm", { logout: "yes" })
    assert.match(gone.html, /You are logged out/u)
    const sessions = await bank.run(SessionStore)
    assert.ok((await bank.run(sessions.find(sid))).revokedAt !== undefined)
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens)), { error: "invalid_grant" })
    const silent = await request(await discover(bank, publicApp.id), { prompt: "none" })
    assert.equal((await tab.open(silent.url)).left?.searchParams.get("error"), "login_required")
  })

  test("another user may log in in the same browser, which ends the login before", async () => {
    const { config, tab, tokens } = await appConnected(bank, otherEmail)
    const { url, checks } = await request(config, { prompt: "login", redirect_uri: appRedirectUri, scope: "openid" })
    const swapped = await logInAt(tab, await tab.open(url))
    const { left } = await tab.submit(swapped, "/session/end/confirm")
    assert.ok(left !== undefined)
    const next = await client.authorizationCodeGrant(config, left, checks)
    assert.equal(next.claims()?.sub, ada.id)
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens)), { error: "invalid_grant" })
  })

  test("an app that the user lets go on lasts beyond a logout", async () => {
    const config = await discover(bank, publicApp.id)
    const { tab, tokens } = await connected(bank, config)
    const bye = "https://planner.example/bye"
    const asked = await tab.open(
      client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: bye })
    )
    const { left } = await tab.submit(asked, "/session/end/confirm", { logout: "yes" })
    assert.equal(left?.href, bye)
    await client.refreshTokenGrant(config, refreshTokenOf(tokens))
  })

  test("a token for the bank's API can be asked for by the resource's name", async () => {
    const config = await discover(bank, publicApp.id)
    const { tokens } = await connected(bank, config, { resource: bankResource })
    assert.equal((await verified(tokens.access_token)).payload.aud, "bank")
  })
})
