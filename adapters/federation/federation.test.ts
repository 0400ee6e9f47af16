import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { IdentityProviders } from "../../application/ports/Outside.ts"
import { logInAt, startProvider } from "./browser.fixture.ts"
import { startHostile, type Twist } from "./hostile.fixture.ts"
import { IdentityProviders as Federation, type ProviderOptions, redirectUriOf } from "./index.ts"

const callbackBase = "http://127.0.0.1:9/login/federated"
const redirectUri = redirectUriOf({ callbackBase, providers: [] }, "other")

type Service = IdentityProviders["Service"]

const open = (providers: ReadonlyArray<ProviderOptions>, timeoutMs = 2000) => {
  const layer: Layer.Layer<IdentityProviders> = Federation.layer({ callbackBase, providers, timeoutMs })
  const runtime = ManagedRuntime.make(layer)
  const use = <A, E>(work: (service: Service) => Effect.Effect<A, E>): Promise<A> =>
    runtime.runPromise(Effect.flatMap(IdentityProviders, work))
  return { use, close: () => runtime.dispose() }
}

const failureOf = <A, E extends { readonly _tag: string }>(work: Effect.Effect<A, E>) => Effect.flip(work)

describe("with a provider that others wrote", () => {
  let provider: Awaited<ReturnType<typeof startProvider>>
  let bank: ReturnType<typeof open>
  before(async () => {
    provider = await startProvider(redirectUri)
    bank = open([
      {
        name: "other",
        title: "Another",
        issuer: provider.issuer,
        clientId: "bank",
        clientSecret: "a secret of the bank's at the provider"
      }
    ])
  })
  after(async () => {
    await bank.close()
    await provider.stop()
  })

  const begun = () => bank.use((providers) => providers.begin("other"))
  const loggedIn = async (user: string) => {
    const { url, kept } = await begun()
    return { callback: await logInAt(url, user, redirectUri), kept }
  }
  const completed = (callback: string, kept: string) =>
    bank.use((providers) => providers.complete("other", callback, kept))
  const refused = (callback: string, kept: string) =>
    bank.use((providers) => failureOf(providers.complete("other", callback, kept)))

  test("a user who logs in there is known by issuer and subject, with its address", async () => {
    const { callback, kept } = await loggedIn("ada")
    assert.deepEqual(await completed(callback, kept), {
      issuer: provider.issuer,
      subject: "ada",
      email: "ada@example.com",
      emailVerified: true,
      name: "ada of the provider"
    })
  })

  test("an address that is not verified there is not verified here", async () => {
    const { callback, kept } = await loggedIn("unverified-bob")
    const user = await completed(callback, kept)
    assert.deepEqual([user.email, user.emailVerified], ["unverified-bob@example.com", false])
  })

  test("each login has a state, a nonce and a PKCE challenge (S256) of its own, of which the address tells no secret", async () => {
    const [first, second] = [await begun(), await begun()]
    for (const { url, kept, state } of [first, second]) {
      const query = new URL(url).searchParams
      const secrets: { readonly nonce: string; readonly verifier: string } = JSON.parse(kept)
      assert.equal(query.get("state"), state)
      assert.equal(query.get("nonce"), secrets.nonce)
      assert.equal(query.get("code_challenge_method"), "S256")
      assert.equal(query.get("code_challenge"), createHash("sha256").update(secrets.verifier).digest("base64url"))
      assert.ok(!url.includes(secrets.verifier))
      assert.equal(query.get("redirect_uri"), redirectUri)
      assert.equal(query.get("scope"), "openid email profile")
    }
    for (const name of ["state", "nonce", "code_challenge"])
      assert.notEqual(new URL(first.url).searchParams.get(name), new URL(second.url).searchParams.get(name))
  })

  test("a code is good once", async () => {
    const { callback, kept } = await loggedIn("ada")
    await completed(callback, kept)
    const error = await refused(callback, kept)
    assert.ok(error._tag === "FederationFailed" && error.reason.includes("invalid_grant"), JSON.stringify(error))
  })

  test("an answer to one login completes no other", async () => {
    const { callback } = await loggedIn("ada")
    const other = await begun()
    assert.equal((await refused(callback, other.kept))._tag, "FederationFailed")
  })

  test("a code with the verifier or the nonce of another login is refused by the provider, or here", async () => {
    for (const secret of ["verifier", "nonce"]) {
      const { callback, kept } = await loggedIn("ada")
      const other: Record<string, string> = JSON.parse((await begun()).kept)
      const mixed = JSON.stringify({ ...JSON.parse(kept), [secret]: other[secret] })
      assert.equal((await refused(callback, mixed))._tag, "FederationFailed", secret)
    }
  })

  test("an answer that names another issuer, or none where the provider always does, is refused (RFC 9207)", async () => {
    for (const issuer of ["https://evil.example", undefined]) {
      const { callback, kept } = await loggedIn("ada")
      const url = new URL(callback)
      assert.equal(url.searchParams.get("iss"), provider.issuer)
      if (issuer === undefined) url.searchParams.delete("iss")
      else url.searchParams.set("iss", issuer)
      assert.equal((await refused(url.href, kept))._tag, "FederationFailed")
    }
  })

  test("who does not agree over there is not logged in here", async () => {
    const { state, kept } = await begun()
    const denied = `${redirectUri}?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`
    const error = await refused(denied, kept)
    assert.ok(error._tag === "FederationFailed" && error.reason.includes("access_denied"), JSON.stringify(error))
  })

  test("an answer to another address, or to none, is refused", async () => {
    const { callback, kept } = await loggedIn("ada")
    for (const address of [callback.replace("/other?", "/another?"), "", "javascript:alert(1)"])
      assert.equal((await refused(address, kept))._tag, "FederationFailed", address)
  })
})

describe("with a provider that lies", () => {
  let hostile: Awaited<ReturnType<typeof startHostile>>
  let bank: ReturnType<typeof open>
  const optionsOf = (name: string): ProviderOptions => ({
    name,
    title: name,
    issuer: hostile.issuer,
    clientId: "bank",
    clientSecret: hostile.secret
  })
  before(async () => {
    hostile = await startHostile()
    bank = open([optionsOf("other"), { ...optionsOf("doubted"), verifiesEmail: false }])
  })
  after(async () => {
    await bank.close()
    await hostile.stop()
  })

  const answeredWith = async (twist: Twist, provider = "other") => {
    const { kept, state } = await bank.use((providers) => providers.begin(provider))
    const { nonce }: { readonly nonce: string } = JSON.parse(kept)
    hostile.state.twist = twist
    hostile.state.nonce = nonce
    const callback = `${callbackBase}/${provider}?code=c&state=${state}`
    return bank.use((providers) => Effect.result(providers.complete(provider, callback, kept)))
  }

  test("a right token is taken, by ES256 and by RS256", async () => {
    for (const twist of [{}, { signature: "RS256" } as const]) {
      const answer = await answeredWith(twist)
      assert.ok(answer._tag === "Success", JSON.stringify(answer))
      assert.equal(answer.success.emailVerified, true)
    }
  })

  const twists: Readonly<Record<string, Twist>> = {
    "of another issuer": { claims: (right) => ({ ...right, iss: "https://accounts.example" }) },
    "for another audience": { claims: (right) => ({ ...right, aud: "another app" }) },
    "for more than one audience, of no authorized party": { claims: (right) => ({ ...right, aud: ["bank", "other"] }) },
    "of another authorized party": { claims: (right) => ({ ...right, aud: ["bank", "other"], azp: "other" }) },
    "for us alone, of another authorized party": { claims: (right) => ({ ...right, azp: "other" }) },
    "with another nonce": { claims: (right) => ({ ...right, nonce: "another" }) },
    "without a nonce": { claims: ({ nonce: _, ...rest }) => rest },
    "without a subject": { claims: ({ sub: _, ...rest }) => rest },
    "that has expired": { claims: (right) => ({ ...right, exp: Math.floor(Date.now() / 1000) - 120 }) },
    "without an expiry": { claims: ({ exp: _, ...rest }) => rest },
    "that is not signed": { signature: "none" },
    "that is signed with the shared secret": { signature: "HS256" },
    "that is signed with a stranger's key under a known name": { signature: "a stranger's" },
    "that is signed by an algorithm of no use here": { signature: "ES384" }
  }
  for (const [name, twist] of Object.entries(twists))
    test(`an id token ${name} is refused`, async () => {
      const answer = await answeredWith(twist)
      assert.ok(answer._tag === "Failure" && answer.failure._tag === "FederationFailed", JSON.stringify(answer))
    })

  test("the address may come from where the provider tells of its users, if it is of the same user", async () => {
    const claims: Twist["claims"] = ({ email: _, email_verified: __, ...rest }) => rest
    const told = { sub: "ada", email: "ada@elsewhere.example", email_verified: true }
    const answer = await answeredWith({ claims, userinfo: told })
    assert.ok(answer._tag === "Success", JSON.stringify(answer))
    assert.deepEqual([answer.success.email, answer.success.emailVerified], ["ada@elsewhere.example", true])
    const other = await answeredWith({ claims, userinfo: { ...told, sub: "eve" } })
    assert.ok(other._tag === "Failure" && other.failure._tag === "FederationFailed", JSON.stringify(other))
  })

  test("only `true` verifies an address, and only where the provider is believed", async () => {
    for (const email_verified of ["true", 1, undefined]) {
      const answer = await answeredWith({ claims: (right) => ({ ...right, email_verified }) })
      assert.ok(answer._tag === "Success" && !answer.success.emailVerified, JSON.stringify(answer))
    }
    const doubted = await answeredWith({}, "doubted")
    assert.ok(doubted._tag === "Success" && !doubted.success.emailVerified, JSON.stringify(doubted))
  })

  test("a login that was begun at one provider is not completed at another", async () => {
    const { kept, state } = await bank.use((providers) => providers.begin("other"))
    const requests = hostile.state.requests
    const callback = `${callbackBase}/doubted?code=c&state=${state}`
    const error = await bank.use((providers) => failureOf(providers.complete("doubted", callback, kept)))
    assert.equal(error._tag, "FederationFailed")
    assert.equal(hostile.state.requests, requests, "no code went anywhere")
  })
})

describe("with Microsoft's many tenants", () => {
  const endpoints = "https://login.microsoftonline.com/organizations/v2.0"
  const outside = globalThis.fetch
  let hostile: Awaited<ReturnType<typeof startHostile>>
  let bank: ReturnType<typeof open>
  before(async () => {
    hostile = await startHostile({ issuer: "https://login.microsoftonline.com/{tenantid}/v2.0", endpoints })
    const answered = (input: string | URL | Request, init?: RequestInit) =>
      outside(String(input).replace(endpoints, hostile.issuer), init)
    globalThis.fetch = Object.assign(answered, { preconnect: outside.preconnect })
    bank = open([{ name: "other", title: "Microsoft", issuer: endpoints, clientId: "bank" }])
  })
  after(async () => {
    globalThis.fetch = outside
    await bank.close()
    await hostile.stop()
  })

  const loggedInAs = async (iss: string, tid: string) => {
    const { kept, state } = await bank.use((providers) => providers.begin("other"))
    hostile.state.nonce = JSON.parse(kept).nonce
    hostile.state.twist = { claims: (right) => ({ ...right, iss, tid }) }
    return bank.use((providers) =>
      Effect.result(providers.complete("other", `${redirectUri}?code=c&state=${state}`, kept))
    )
  }

  test("a user is known by the issuer of its own tenant, and no address that a tenant says is verified is", async () => {
    const issuer = "https://login.microsoftonline.com/tenant-1/v2.0"
    const answer = await loggedInAs(issuer, "tenant-1")
    assert.ok(answer._tag === "Success", JSON.stringify(answer))
    const { email, emailVerified, subject } = answer.success
    assert.deepEqual([answer.success.issuer, subject, email, emailVerified], [issuer, "ada", "ada@example.com", false])
  })

  test("a token that names the issuer of another tenant than its own is refused", async () => {
    for (const iss of ["https://login.microsoftonline.com/tenant-2/v2.0", "https://evil.example/tenant-1/v2.0"]) {
      const answer = await loggedInAs(iss, "tenant-1")
      assert.ok(answer._tag === "Failure" && answer.failure._tag === "FederationFailed", JSON.stringify(answer))
    }
  })
})

describe("with a provider that is down", () => {
  test("its logins fail, and others go on; it is asked three times in all, however many want to log in", async () => {
    const hostile = await startHostile()
    const down = { name: "other", title: "Other", issuer: hostile.issuer, clientId: "bank" }
    const bank = open([down])
    hostile.state.failures = 3
    const begin = () => bank.use((providers) => failureOf(providers.begin("other")))
    const errors = await Promise.all(Array.from({ length: 10 }, begin))
    for (const error of errors) assert.equal(error._tag, "FederationFailed")
    assert.equal(hostile.state.discoveries, 3)
    await bank.close()
    await hostile.stop()
  })

  test("one that answers at the second attempt is up", async () => {
    const hostile = await startHostile()
    const bank = open([{ name: "other", title: "Other", issuer: hostile.issuer, clientId: "bank" }])
    hostile.state.failures = 1
    const { url } = await bank.use((providers) => providers.begin("other"))
    assert.ok(url.startsWith(`${hostile.issuer}/authorize?`))
    await bank.use((providers) => providers.begin("other"))
    assert.equal(hostile.state.discoveries, 2, "what it said is kept")
    await bank.close()
    await hostile.stop()
  })

  test("one that does not answer is not waited for longer than is said", async () => {
    const hostile = await startHostile()
    const bank = open([{ name: "other", title: "Other", issuer: hostile.issuer, clientId: "bank" }], 50)
    hostile.state.isSilent = true
    const error = await bank.use((providers) => failureOf(providers.begin("other")))
    assert.equal(error._tag, "FederationFailed")
    assert.equal(hostile.state.discoveries, 3)
    await bank.close()
    await hostile.stop()
  })

  test("one that is not there fails, and one that nobody set up is unknown", async () => {
    const hostile = await startHostile()
    const bank = open([{ name: "other", title: "Other", issuer: hostile.issuer, clientId: "bank" }])
    await hostile.stop()
    const gone = await bank.use((providers) => failureOf(providers.begin("other")))
    assert.ok(gone._tag === "FederationFailed" && gone.provider === "other")
    const unknown = await bank.use((providers) => failureOf(providers.begin("another")))
    assert.ok(unknown._tag === "UnknownProvider" && unknown.provider === "another")
    assert.deepEqual(await bank.use((providers) => Effect.succeed(providers.all)), [{ name: "other", title: "Other" }])
    await bank.close()
  })

  test("one that says it is another issuer, or is without TLS outside this machine, is not used", async () => {
    const hostile = await startHostile()
    const bank = open([
      { name: "other", title: "Other", issuer: hostile.issuer.replace("127.0.0.1", "localhost"), clientId: "bank" },
      { name: "plain", title: "Plain", issuer: "http://198.51.100.1", clientId: "bank" }
    ])
    for (const name of ["other", "plain"])
      assert.equal((await bank.use((providers) => failureOf(providers.begin(name))))._tag, "FederationFailed", name)
    await bank.close()
    await hostile.stop()
  })
})
