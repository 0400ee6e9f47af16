/** Refresh tokens: each once, in the browser's flow and in logins at the bank's own app; and keys that change meanwhile. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Clock, Effect } from "effect"
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose"
import * as client from "openid-client"
import { ArtifactStore, appClient, TokenIssuer } from "../../application/ports/Tokens.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Session } from "../../domain/identity/index.ts"
import { SessionId, TypedId } from "../../domain/ids/index.ts"
import { ada, publicApp, startBank, type TestBank } from "./bank.fixture.ts"
import { connected, discover, refreshTokenOf } from "./flow.fixture.ts"

let bank: TestBank
before(async () => {
  bank = await startBank()
})
after(() => bank.stop())

const keySet = () => createRemoteJWKSet(new URL(`${bank.issuer}/jwks`), { cooldownDuration: 0 })

/** A refresh without any library: what came back, as it is. */
const refreshed = async (token: string, id: string) => {
  const response = await fetch(`${bank.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: id })
  })
  const body: { readonly error?: string; readonly refresh_token?: string } = await response.json()
  return { status: response.status, ...body }
}

/** Whether the token still gives another. */
const isLive = async (token: string, id: string) => (await refreshed(token, id)).status === 200

let logins = 0

/** Logs a user in as the bank's own app does, past the pages. */
const opened = () =>
  Effect.gen(function* () {
    const sessions = yield* SessionStore
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    const random = new Uint8Array(TypedId.randomByteLength).fill(++logins)
    const id = SessionId.make(TypedId.fromBytes("ses", TypedId.uuidV7(now, random)))
    const session = Session.start({ id, user: ada.id, client: appClient, methods: ["pwd"] }, now)
    yield* sessions.insert(session)
    return session
  })

const issued = (session: Session.Session) => Effect.flatMap(TokenIssuer, (issuer) => issuer.issue(session, ada))

describe("rotation of refresh tokens", () => {
  test("of 50 refreshes at once with one token at most one succeeds, and no more than one child lives", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const token = refreshTokenOf(tokens)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refreshed(token, publicApp.id)))
    const won = answers.filter(({ status }) => status === 200)
    assert.ok(won.length <= 1, `${won.length} succeeded`)
    assert.deepEqual(
      [...new Set(answers.filter(({ status }) => status !== 200).map(({ error }) => error))],
      ["invalid_grant"]
    )
    // The losers ended the family, so that whoever stole the token has nothing either.
    for (const { refresh_token } of won) assert.equal(await isLive(refresh_token ?? "", publicApp.id), false)
    assert.equal(await isLive(token, publicApp.id), false)
  })

  test("an old token that comes again ends every token of its family", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const first = refreshTokenOf(tokens)
    const second = (await refreshed(first, publicApp.id)).refresh_token ?? ""
    const third = (await refreshed(second, publicApp.id)).refresh_token ?? ""
    assert.equal((await refreshed(first, publicApp.id)).error, "invalid_grant")
    assert.equal((await refreshed(third, publicApp.id)).error, "invalid_grant")
    const store = await bank.run(ArtifactStore)
    assert.equal(await bank.run(store.find("RefreshToken", third)), undefined)
  })

  test("families of other logins live on", async () => {
    const config = await discover(bank, publicApp.id)
    const [one, other] = [await connected(bank, config), await connected(bank, config)]
    const first = refreshTokenOf(one.tokens)
    await refreshed(first, publicApp.id)
    await refreshed(first, publicApp.id)
    assert.equal(await isLive(refreshTokenOf(other.tokens), publicApp.id), true)
  })

  test("each refresh token is taken from its own client only", async () => {
    const { tokens } = await connected(bank, await discover(bank, publicApp.id))
    const token = refreshTokenOf(tokens)
    assert.equal((await refreshed(token, appClient)).error, "invalid_grant")
    assert.equal(await isLive(token, publicApp.id), true)
  })
})

describe("tokens of logins at the bank's own app", () => {
  test("they say what those of the browser's flow do, and are refreshed where all are", async () => {
    const session = await bank.run(opened())
    const { accessToken, refreshToken, expiresInSeconds, scopes } = await bank.run(issued(session))
    const { payload } = await jwtVerify(accessToken, keySet(), { issuer: bank.issuer, audience: "bank", typ: "at+jwt" })
    assert.equal(expiresInSeconds, 300)
    assert.equal(payload.sid, session.id)
    assert.equal(payload.client_id, appClient)
    assert.equal(payload.customer, ada.customer)
    for (const scope of scopes) assert.ok(String(payload.scope).split(" ").includes(scope), scope)
    const config = await discover(bank, appClient)
    const next = await client.refreshTokenGrant(config, refreshToken)
    const again = await jwtVerify(next.access_token, keySet(), { issuer: bank.issuer, audience: "bank" })
    assert.equal(again.payload.sid, session.id)
    assert.equal((await client.fetchUserInfo(config, accessToken, ada.id)).sub, ada.id)
  })

  test("a session that gets tokens twice has two that refresh", async () => {
    const session = await bank.run(opened())
    const [one, two] = [await bank.run(issued(session)), await bank.run(issued(session))]
    assert.equal(await isLive(one.refreshToken, appClient), true)
    assert.equal(await isLive(two.refreshToken, appClient), true)
  })

  test("revoking at the endpoint of all apps ends the session too, and its access tokens with it", async () => {
    const session = await bank.run(opened())
    const { refreshToken } = await bank.run(issued(session))
    await client.tokenRevocation(await discover(bank, appClient), refreshToken)
    assert.equal(await isLive(refreshToken, appClient), false)
    const sessions = await bank.run(SessionStore)
    assert.ok((await bank.run(sessions.find(session.id))).revokedAt !== undefined)
  })

  test("the bank revokes them by the session", async () => {
    const session = await bank.run(opened())
    const { refreshToken } = await bank.run(issued(session))
    await bank.run(Effect.flatMap(TokenIssuer, (issuer) => issuer.revoke(session.id)))
    assert.equal(await isLive(refreshToken, appClient), false)
  })

  test("a store that is away is said to be, and nothing is issued", async () => {
    const session = await bank.run(opened())
    bank.state.isAway = true
    const error = await bank.run(Effect.flip(issued(session)))
    assert.equal(error._tag, "UserStoreUnavailable")
    bank.state.isAway = false
    await bank.run(issued(session))
  })
})

describe("rotation of keys", () => {
  test("a key is published before it signs, and nobody who refreshes and calls meanwhile is turned away", async () => {
    const config = await discover(bank, appClient)
    const apps = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { refreshToken } = await bank.run(Effect.flatMap(opened(), issued))
        return { keys: keySet(), refreshToken }
      })
    )
    const kids = new Set<string | undefined>()
    const round = async (app: (typeof apps)[number]) => {
      const tokens = await client.refreshTokenGrant(config, app.refreshToken)
      app.refreshToken = refreshTokenOf(tokens)
      kids.add(decodeProtectedHeader(tokens.access_token).kid)
      await jwtVerify(tokens.access_token, app.keys, { issuer: bank.issuer, audience: "bank", typ: "at+jwt" })
      await client.fetchUserInfo(config, tokens.access_token, ada.id)
    }
    const published = async (): Promise<ReadonlyArray<string>> => {
      const { keys }: { readonly keys: ReadonlyArray<{ readonly kid: string; readonly d?: string }> } = await (
        await fetch(`${bank.issuer}/jwks`)
      ).json()
      for (const { d } of keys) assert.equal(d, undefined)
      return keys.map(({ kid }) => kid)
    }
    const steps = [
      undefined,
      bank.ring.publishNext,
      undefined,
      bank.ring.signByNext,
      undefined,
      bank.ring.publishNext,
      bank.ring.signByNext,
      undefined
    ]
    for (const step of steps) await Promise.all([...apps.slice(0, 4).map(round), step?.(), ...apps.slice(4).map(round)])
    assert.equal(kids.size, 3)
    const [signer, ...others] = await published()
    assert.equal(signer, bank.ring.signer())
    assert.equal(others.length, 2)
  })
})
