/** What a demo user does over REST beside the browser, and what an app asks for, by `openid-client`. */
import assert from "node:assert/strict"
import { Schema } from "effect"
import { decodeJwt } from "jose"
import * as client from "openid-client"
import { TOTP, URI } from "otpauth"
import { appClient } from "../../application/ports/Tokens.ts"
import { WebAuthnJson } from "../../application/users/index.ts"
import type { Tab, World } from "./browser.fixture.ts"

const stepMillis = 30_000

/** The bank's own app, as the provider calls it. */

/** A request of the API. */
export interface Asking {
  readonly method?: string
  readonly body?: unknown
  readonly key?: string
}

/** Sends a request with a token. */
export const ask = async (world: World, token: string, path: string, { method = "GET", body, key }: Asking = {}) => {
  const response = await fetch(`${world.restUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return {
    status: response.status,
    text,
    challenge: response.headers.get("www-authenticate") ?? "",
    /** The body, where the answer is what was expected. */
    as: <A>(schema: Schema.Codec<A, unknown>, status: number): A => {
      assert.equal(response.status, status, text)
      return Schema.decodeUnknownSync(Schema.fromJsonString(schema))(text)
    }
  }
}

const Session = Schema.Struct({ accessToken: Schema.String })
const Secret = Schema.Struct({ uri: Schema.String })
const Added = Schema.Struct({ recoveryCodes: Schema.Array(Schema.String) })
const Step = Schema.Struct({ ticket: Schema.String, options: WebAuthnJson })
const Registered = Schema.Struct({ client: Schema.Struct({ id: Schema.String }) })

/** An address of the demo's users. */
export const emailOf = (name: string): string => `${name}@demo.bank`

/** A demo user without a second factor, logged in at the bank's own app. */
export const signedIn = async (world: World, name: string) => {
  const login = { email: emailOf(name), password: world.password }
  const { accessToken } = (await ask(world, "", "/v1/sessions", { method: "POST", body: login })).as(Session, 200)
  return holderOf(world, accessToken)
}

/** What the user of an access token does over REST. */
export const holderOf = (world: World, accessToken: string) => {
  const factors = `/v1/users/${decodeJwt(accessToken).sub}/factors`
  const post = (path: string, body: unknown = {}) =>
    ask(world, accessToken, `${factors}${path}`, { method: "POST", body })
  return {
    accessToken,
    /** Sets up an authenticator app; its codes of later steps of 30 s are good one step early. */
    addTotp: async () => {
      const app = URI.parse((await post("/totp")).as(Secret, 200).uri)
      assert.ok(app instanceof TOTP)
      const code = (stepsAhead = 0) => app.generate({ timestamp: Date.now() + stepsAhead * stepMillis })
      const { recoveryCodes } = (await post("/totp/confirm", { code: code() })).as(Added, 200)
      return { code, recoveryCodes }
    },
    /** Has a page make a passkey of the bank's options, which it may have changed, and sends what came of it. */
    addPasskey: async (tab: Tab, change: (options: WebAuthnJson) => WebAuthnJson = (options) => options) => {
      const { ticket, options } = (await post("/passkeys/options")).as(Step, 200)
      const answer = await tab.makePasskey(change(options))
      return post("/passkeys", { ticket, name: "Laptop", answer })
    }
  }
}

/** Registers an app of a third party, by the development token; gives its id. */
export const registerApp = async (world: World, name: string): Promise<string> => {
  const body = {
    name,
    confidentiality: "public",
    grantTypes: ["authorization_code"],
    redirectUris: [`${world.appOrigin}/back`],
    scopes: ["accounts:read", "payments:write"]
  }
  return (await ask(world, world.token, "/v1/clients", { method: "POST", body })).as(Registered, 201).client.id
}

/** A browser's visit to the bank in the name of an app. */
export interface Visit {
  readonly tab: Tab
  readonly url: URL
  /** Waits for the browser to be back, and redeems the code that it brought. */
  readonly tokens: () => Promise<client.TokenEndpointResponse>
  /** Waits for the browser to be back; gives what it brought. */
  readonly back: () => Promise<URLSearchParams>
}

/** Opens a tab and has it ask for a login: at the bank's own app, or at that of an id. */
export const visit = async (
  world: World,
  {
    app = appClient,
    tab: given,
    more = {}
  }: { readonly app?: string; readonly tab?: Tab; readonly more?: Readonly<Record<string, string>> } = {}
): Promise<Visit> => {
  const tab = given ?? (await world.open())
  const config = await client.discovery(new URL(world.issuer), app, undefined, client.None(), {
    execute: [client.allowInsecureRequests]
  })
  const redirectUri = app === appClient ? `${world.issuer}/callback` : `${world.appOrigin}/back`
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid accounts:read payments:write",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    ...more
  })
  const isBack = (at: URL): boolean => at.href.startsWith(`${redirectUri}?`)
  await tab.page.goto(url.href)
  return {
    tab,
    url,
    back: async () => {
      await tab.page.waitForURL(isBack)
      return new URL(tab.page.url()).searchParams
    },
    tokens: async () => {
      await tab.page.waitForURL(isBack)
      return client.authorizationCodeGrant(config, new URL(tab.page.url()), { pkceCodeVerifier, expectedState })
    }
  }
}

/** Fills in the login page and sends it. */
export const logIn = async ({ tab: { page } }: Visit, email: string, password: string): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(password)
  await page.getByRole("button", { name: "Log in", exact: true }).click()
}

/** Fills in the code of the second factor and sends it. */
export const enterCode = async ({ tab: { page } }: Visit, code: string): Promise<void> => {
  await page.getByLabel("Code of your authenticator app").fill(code)
  await page.getByRole("button", { name: "Go on" }).click()
}

/** What the page that is shown says went wrong. */
export const refusal = ({ tab: { page } }: Visit): Promise<string | null> => page.getByRole("alert").textContent()

/** How surely the user of an access token was recognized. */
export const assuranceOf = ({ access_token }: client.TokenEndpointResponse): unknown => decodeJwt(access_token).acr
