/** An app of a third party, by `openid-client`, which is an implementation of its own. */
import assert from "node:assert/strict"
import * as client from "openid-client"
import { appClient } from "../../application/ports/Tokens.ts"
import { type Browser, browser, type Shown } from "../../infra/testing/browser.ts"
import { appRedirectUri, confidential, email, password, redirectUri, type TestBank } from "./bank.fixture.ts"

/** The provider as a client discovers it. */
export const discover = (bank: TestBank, id: string, secret?: string): Promise<client.Configuration> =>
  client.discovery(
    new URL(bank.issuer),
    id,
    undefined,
    secret === undefined ? client.None() : client.ClientSecretBasic(secret),
    { execute: [client.allowInsecureRequests] }
  )

/** A request of authorization with what is needed to redeem its code. */
export const request = async (
  config: client.Configuration,
  more: Readonly<Record<string, string>> = {},
  isPushed = false
) => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const parameters = {
    redirect_uri: redirectUri,
    scope: "openid email profile accounts:read",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    ...more
  }
  const url = isPushed
    ? await client.buildAuthorizationUrlWithPAR(config, parameters)
    : client.buildAuthorizationUrl(config, parameters)
  return { url, checks: { pkceCodeVerifier, expectedState } }
}

/** Logs in by the password at the page that is shown. */
export const logInAt = (tab: Browser, page: Shown, as: string = email): Promise<Shown> =>
  tab.submit(page, "/login", { email: as, password })

/** Where a browser is sent back to after login and consent. */
export const authorized = async (tab: Browser, url: URL, as?: string): Promise<URL> => {
  const asked = await logInAt(tab, await tab.open(url), as)
  const { left } = asked.left === undefined ? await tab.submit(asked, "/consent") : asked
  assert.ok(left !== undefined, asked.html)
  return left
}

/** Tokens of a third party that the user has let in; with `offline_access` unless told. */
export const connected = async (
  bank: TestBank,
  config: client.Configuration,
  more: Readonly<Record<string, string>> = {},
  isPushed = false
) => {
  const offline = { scope: "openid email profile offline_access accounts:read", prompt: "consent" }
  const tab = browser(bank.issuer)
  const { url, checks } = await request(config, { ...offline, ...more }, isPushed)
  const callback = await authorized(tab, url)
  return { tab, callback, checks, tokens: await client.authorizationCodeGrant(config, callback, checks) }
}

export const confidentialOf = (bank: TestBank) => discover(bank, confidential.id, confidential.secret)

/** Tokens of the bank's own app by its web login. */
export const appConnected = async (bank: TestBank, as?: string) => {
  const config = await discover(bank, appClient)
  const tab = browser(bank.issuer)
  const { url, checks } = await request(config, {
    redirect_uri: appRedirectUri,
    scope: "openid accounts:read bank:admin"
  })
  const callback = await authorized(tab, url, as)
  return { config, tab, tokens: await client.authorizationCodeGrant(config, callback, checks) }
}

/** The refresh token of tokens that have one. */
export const refreshTokenOf = (tokens: { readonly refresh_token?: string }): string => {
  assert.ok(tokens.refresh_token !== undefined)
  return tokens.refresh_token
}
