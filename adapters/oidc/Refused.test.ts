/** What the provider refuses, and how it says so. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import * as client from "openid-client"
import { ArtifactStore } from "../../application/ports/Tokens.ts"
import { browser } from "../../infra/testing/browser.ts"
import { bound, confidential, program, publicApp, redirectUri, startBank, type TestBank } from "./bank.fixture.ts"
import { authorized, confidentialOf, connected, discover, logInAt, refreshTokenOf, request } from "./flow.fixture.ts"

let bank: TestBank
before(async () => {
  bank = await startBank()
})
after(() => bank.stop())

/** Asks the token endpoint without any library. */
const token = async (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${bank.issuer}/token`, { method: "POST", body: new URLSearchParams(fields), headers })
  const body: { readonly error?: string; readonly access_token?: string } = await response.json()
  return { status: response.status, nonce: response.headers.get("dpop-nonce"), ...body }
}

const basic = ({ id, secret }: { readonly id: string; readonly secret: string }) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`
})

/** Where a request of authorization ends that is refused before any page. */
const refusedAt = async (more: Readonly<Record<string, string>>, without: ReadonlyArray<string> = []) => {
  const { url } = await request(await discover(bank, publicApp.id), more)
  for (const name of without) url.searchParams.delete(name)
  const { left, status } = await browser(bank.issuer).open(url)
  // Errors come where the answer would have come.
  const told = new URLSearchParams(left?.search || left?.hash.slice(1))
  return { error: told.get("error"), iss: told.get("iss"), status }
}

describe("authorization", () => {
  test("a request without PKCE, or with the plain kind, is refused", async () => {
    const without = await refusedAt({}, ["code_challenge", "code_challenge_method"])
    assert.deepEqual([without.error, without.iss], ["invalid_request", bank.issuer])
    assert.equal((await refusedAt({ code_challenge_method: "plain" })).error, "invalid_request")
    assert.equal((await refusedAt({}, ["code_challenge_method"])).error, "invalid_request")
  })

  test("an address that was not registered gets no answer at all", async () => {
    for (const uri of ["https://evil.example/back", `${redirectUri}/more`, "https://planner.example:444/back"]) {
      const { error, status } = await refusedAt({ redirect_uri: uri })
      assert.deepEqual([error, status], [null, 400])
    }
  })

  test("neither tokens in the address nor any other response type are given", async () => {
    for (const type of ["token", "id_token", "code id_token"])
      assert.equal((await refusedAt({ response_type: type, nonce: "n" })).error, "unsupported_response_type")
  })

  test("a scope that the app was not registered with is refused", async () => {
    assert.equal((await refusedAt({ scope: "openid bank:admin" })).error, "invalid_scope")
  })

  test("another resource than the bank's API is refused", async () => {
    assert.equal((await refusedAt({ resource: "https://other.example/" })).error, "invalid_target")
  })

  test("without a page and without a session there is nobody to answer for", async () => {
    assert.equal((await refusedAt({ prompt: "none" })).error, "login_required")
  })

  test("a user may refuse, and the app learns no more than that", async () => {
    const { url } = await request(await discover(bank, publicApp.id))
    const tab = browser(bank.issuer)
    const { left } = await tab.submit(await logInAt(tab, await tab.open(url)), "/abort")
    assert.equal(left?.searchParams.get("error"), "access_denied")
    assert.equal(left?.searchParams.has("code"), false)
  })

  test("a confidential app has to push its request, and each pushed request counts once", async () => {
    const config = await confidentialOf(bank)
    const plain = await request(config)
    const refused = await browser(bank.issuer).open(plain.url)
    assert.equal(refused.left?.searchParams.get("error"), "invalid_request")
    const { url } = await request(config, {}, true)
    const tab = browser(bank.issuer)
    assert.ok((await authorized(tab, url)).searchParams.has("code"))
    const again = await tab.open(url)
    assert.equal(again.left?.searchParams.has("code") ?? false, false)
  })
})

describe("codes", () => {
  const codeOf = async () => {
    const config = await discover(bank, publicApp.id)
    const { url, checks } = await request(config)
    const callback = await authorized(browser(bank.issuer), url)
    return { config, checks, callback, code: callback.searchParams.get("code") ?? "" }
  }

  const redeem = (code: string, verifier: string, more: Readonly<Record<string, string>> = {}) =>
    token({
      grant_type: "authorization_code",
      client_id: publicApp.id,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
      ...more
    })

  test("a code that comes again is refused, and ends what it gave before", async () => {
    const config = await discover(bank, publicApp.id)
    const { callback, checks, tokens } = await connected(bank, config)
    await assert.rejects(client.authorizationCodeGrant(config, callback, checks), { error: "invalid_grant" })
    await assert.rejects(client.refreshTokenGrant(config, refreshTokenOf(tokens)), { error: "invalid_grant" })
  })

  test("of 20 that redeem one code at once at most one succeeds", async () => {
    const { code, checks } = await codeOf()
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(code, checks.pkceCodeVerifier)))
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1)
  })

  test("a code is nothing without its verifier, its address and its client", async () => {
    const { code, checks } = await codeOf()
    const verifier = checks.pkceCodeVerifier
    assert.equal((await redeem(code, client.randomPKCECodeVerifier())).error, "invalid_grant")
    assert.equal((await redeem(code, verifier, { redirect_uri: "https://planner.example/" })).error, "invalid_grant")
    assert.equal((await redeem(code, verifier, { client_id: bound.id })).error, "invalid_grant")
    assert.equal((await redeem(code, verifier)).status, 200)
  })

  test("a code that has expired is refused", async () => {
    const { code, checks } = await codeOf()
    const store = await bank.run(ArtifactStore)
    const stored = await bank.run(store.find("AuthorizationCode", code))
    assert.ok(stored !== undefined)
    const payload = { ...JSON.parse(stored.payload), exp: Math.floor(Date.now() / 1000) - 1 }
    await bank.run(store.upsert({ ...stored, payload: JSON.stringify(payload) }))
    assert.equal((await redeem(code, checks.pkceCodeVerifier)).error, "invalid_grant")
  })
})

describe("clients", () => {
  test("a wrong secret, an unknown client and one that was removed are refused alike", async () => {
    const fields = { grant_type: "client_credentials", scope: "payments:write" }
    for (const wrong of [
      { ...program, secret: "wrong" },
      { id: "app_unknown", secret: "x" }
    ]) {
      const { status, error } = await token(fields, basic(wrong))
      assert.deepEqual([status, error], [401, "invalid_client"])
    }
    const store = await bank.run(ArtifactStore)
    const stored = await bank.run(store.find("Client", program.id))
    await bank.run(store.destroy("Client", program.id))
    assert.equal((await token(fields, basic(program))).error, "invalid_client")
    if (stored !== undefined) await bank.run(store.upsert(stored))
    assert.equal((await token(fields, basic(program))).status, 200)
  })

  test("no client gets tokens by a password, nor by a grant or a scope that it was not registered with", async () => {
    const password = { grant_type: "password", username: "ada@example.com", password: "x" }
    assert.equal((await token(password, basic(confidential))).error, "unsupported_grant_type")
    const own = { grant_type: "client_credentials" }
    assert.equal((await token({ ...own, client_id: publicApp.id })).error, "invalid_request")
    assert.equal((await token({ ...own, scope: "accounts:write" }, basic(program))).error, "invalid_scope")
  })
})

describe("DPoP", () => {
  const proofs = async (alg: string) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = await exportJWK(publicKey)
    return (nonce?: string) =>
      new SignJWT({
        htm: "POST",
        htu: `${bank.issuer}/token`,
        jti: randomUUID(),
        ...(nonce === undefined ? {} : { nonce })
      })
        .setProtectedHeader({ alg, typ: "dpop+jwt", jwk })
        .setIssuedAt()
        .sign(privateKey)
  }

  const fields = { grant_type: "client_credentials", scope: "payments:write" }

  test("an app that must prove its key gets nothing without a proof", async () => {
    const config = await discover(bank, bound.id)
    const { url, checks } = await request(config)
    const callback = await authorized(browser(bank.issuer), url)
    const { error } = await token({
      grant_type: "authorization_code",
      client_id: bound.id,
      redirect_uri: redirectUri,
      code: callback.searchParams.get("code") ?? "",
      code_verifier: checks.pkceCodeVerifier
    })
    assert.equal(error, "invalid_grant")
  })

  test("a proof needs the server's nonce, which the refusal brings", async () => {
    for (const alg of ["ES256", "EdDSA"]) {
      const proof = await proofs(alg)
      const refused = await token(fields, { ...basic(program), dpop: await proof() })
      assert.deepEqual([refused.status, refused.error], [400, "use_dpop_nonce"])
      assert.ok(refused.nonce !== null)
      const given = await token(fields, { ...basic(program), dpop: await proof(refused.nonce) })
      assert.equal(given.status, 200)
    }
  })

  test("of many requests with one proof at once, one counts", async () => {
    const proof = await proofs("ES256")
    const { nonce } = await token(fields, { ...basic(program), dpop: await proof() })
    const dpop = await proof(nonce ?? "")
    const answers = await Promise.all(Array.from({ length: 10 }, () => token(fields, { ...basic(program), dpop })))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })
})

describe("a store that is away", () => {
  test("is said to be a server's error that passes, and the same request succeeds later", async () => {
    const fields = { grant_type: "client_credentials", scope: "payments:write" }
    const { url } = await request(await discover(bank, publicApp.id))
    bank.state.isAway = true
    const { status, error } = await token(fields, basic(program))
    const page = await browser(bank.issuer).open(url)
    bank.state.isAway = false
    assert.deepEqual([status, error], [503, "server_error"])
    assert.equal(page.status, 503)
    assert.equal((await token(fields, basic(program))).status, 200)
  })
})
