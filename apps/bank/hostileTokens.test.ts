import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { Schema } from "effect"
import { type BankProcess, freePort, startBank } from "../../infra/testing/crash/BankProcess.ts"

const Login = Schema.Struct({ accessToken: Schema.String })
const Keys = Schema.Struct({ keys: Schema.Array(Schema.Struct({ kid: Schema.String, x: Schema.String })) })
const Claims = Schema.Record(Schema.String, Schema.Unknown)

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** How each forgery is made of a token of the bank, its claims, and the public key that everybody can read. */
const forgeries: Readonly<
  Record<string, (parts: ReadonlyArray<string>, claims: typeof Claims.Type, key: { kid: string; x: string }) => string>
> = {
  "of no algorithm": ([, payload], _, { kid }) => `${encoded({ alg: "none", typ: "at+jwt", kid })}.${payload}.`,
  "signed with the public key as a secret": ([, payload], _, { kid, x }) => {
    const text = `${encoded({ alg: "HS256", typ: "at+jwt", kid })}.${payload}`
    return `${text}.${createHmac("sha256", x).update(text).digest("base64url")}`
  },
  "with another role": ([header, , signature], claims) =>
    `${header}.${encoded({ ...claims, roles: ["operator"] })}.${signature}`,
  "for another audience": ([header, , signature], claims) =>
    `${header}.${encoded({ ...claims, aud: "other" })}.${signature}`,
  "of another issuer": ([header, , signature], claims) =>
    `${header}.${encoded({ ...claims, iss: "https://evil.example" })}.${signature}`,
  "that lives longer": ([header, , signature], claims) =>
    `${header}.${encoded({ ...claims, exp: 4_000_000_000 })}.${signature}`,
  "of a key that nobody has": ([, payload, signature]) =>
    `${encoded({ alg: "ES256", typ: "at+jwt", kid: "nobody" })}.${payload}.${signature}`,
  "as an id token": ([, payload, signature], _, { kid }) =>
    `${encoded({ alg: "ES256", typ: "JWT", kid })}.${payload}.${signature}`,
  "without its signature": ([header, payload]) => `${header}.${payload}.`,
  "with one more part": (parts) => `${parts.join(".")}.e30`
}

describe("tokens that the bank has not made are refused at both edges", { timeout: 60_000 }, () => {
  let dataDir: string
  let bank: BankProcess
  let token: string
  let key: { readonly kid: string; readonly x: string }

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "bank-hostile-"))
    // As root, PostgreSQL runs as another user, who has to pass through.
    await chmod(dataDir, 0o711)
    const auth = await freePort()
    bank = await startBank(
      dataDir,
      { rest: await freePort(), rpc: await freePort() },
      { BANK_DEMO: "true", BANK_AUTH_PORT: String(auth) }
    )
    const password = (await readFile(join(dataDir, "demo-password"), "utf8")).trim()
    const answer = await fetch(`${bank.restUrl}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "alice@demo.bank", password })
    })
    token = Schema.decodeUnknownSync(Login)(await answer.json()).accessToken
    const jwks = await fetch(`http://localhost:${auth}/jwks`)
    const [first] = Schema.decodeUnknownSync(Keys)(await jwks.json()).keys
    assert.ok(first !== undefined)
    key = first
  })
  after(async () => {
    await bank.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  const overRest = (authorization: string) => fetch(`${bank.restUrl}/v1/users/me`, { headers: { authorization } })

  const overConnect = (authorization: string) =>
    fetch(`${bank.rpcUrl}/bank.user.v1.UserService/GetUser`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: "{}"
    })

  test("the token itself is taken", async () => {
    assert.equal((await overRest(`Bearer ${token}`)).status, 200)
    assert.equal((await overConnect(`Bearer ${token}`)).status, 200)
  })

  const refused = async (authorization: string): Promise<void> => {
    for (const answer of [await overRest(authorization), await overConnect(authorization)]) {
      await answer.body?.cancel()
      assert.equal(answer.status, 401)
      const challenge = answer.headers.get("www-authenticate") ?? ""
      assert.match(challenge, /^Bearer realm="bank", error="invalid_token"/u)
      assert.match(challenge, /DPoP .*algs="ES256 EdDSA"/u)
    }
  }

  for (const [what, forge] of Object.entries(forgeries))
    test(`a token ${what} is not`, async () => {
      const parts = token.split(".")
      const claims = Schema.decodeUnknownSync(Schema.fromJsonString(Claims))(
        Buffer.from(parts[1] ?? "", "base64url").toString()
      )
      await refused(`Bearer ${forge(parts, claims, key)}`)
    })

  test("a token that is bound to no key is not taken as one that is", () => refused(`DPoP ${token}`))

  test("who has the right token and no role is told so, and is not asked to log in again", async () => {
    const answer = await fetch(`${bank.restUrl}/v1/audit`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers.get("www-authenticate"), null)
  })
})
