/** A person at the login pages of a bank that runs, by a browser of its own. */
import { createHash, randomBytes } from "node:crypto"
import { Schema } from "effect"
import { appClient } from "../../../application/ports/Tokens.ts"
import { browser, type Shown } from "../browser.ts"
import type { Person } from "./People.ts"
import type { Collection } from "./Values.ts"

/** What the token endpoint answers. */
const Tokens = Schema.Struct({
  access_token: Schema.String,
  id_token: Schema.optionalKey(Schema.String),
  refresh_token: Schema.optionalKey(Schema.String)
})
const decodeTokens = Schema.decodeUnknownSync(Schema.fromJsonString(Tokens))

/** A token is readable by its parts, too: whoever has the signature and the head makes the rest. */
export const noteToken = (values: Collection, field: string, token: string): string => {
  values.random(field, token)
  const parts = token.split(".")
  const [, claims, signature] = parts
  if (parts.length === 3 && claims !== undefined && signature !== undefined) {
    values.random(`${field}, claims`, claims)
    values.random(`${field}, signature`, signature)
  }
  return token
}

/** Opens the login page of the bank's own app for a person. */
export const visit = async (issuer: string, person: Person, values: Collection) => {
  const { address, userAgent } = person.origin
  const tab = browser(issuer, { "user-agent": userAgent, "x-forwarded-for": address })
  const verifier = values.random("PKCE verifier", randomBytes(32).toString("base64url"))
  const url = new URL(`${issuer}/auth`)
  url.search = new URLSearchParams({
    client_id: appClient,
    response_type: "code",
    redirect_uri: `${issuer}/callback`,
    scope: "openid email profile offline_access accounts:read",
    prompt: "consent",
    state: values.random("state of a login", randomBytes(16).toString("hex")),
    nonce: values.random("nonce of a login", randomBytes(16).toString("hex")),
    login_hint: person.email,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256"
  }).toString()
  const page = await tab.open(url)

  const noteCookies = (): void => {
    for (const [key, { value }] of tab.cookies) {
      const [, name = ""] = key.split(" ")
      if (value.length >= 20) values.random(`cookie ${name}`, value)
    }
  }

  /** Redeems the code of a login that is done. */
  const tokensOf = async (shown: Shown): Promise<typeof Tokens.Type> => {
    noteCookies()
    const code = new URL(shown.url).searchParams.get("code")
    if (code === null) throw new Error(`no code after the login: ${shown.status}`)
    values.random("authorization code", code)
    const answer = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { "user-agent": userAgent, "x-forwarded-for": address },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        redirect_uri: `${issuer}/callback`,
        client_id: appClient,
        code_verifier: verifier
      })
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`)
    const tokens = decodeTokens(text)
    noteToken(values, "access token", tokens.access_token)
    if (tokens.id_token !== undefined) noteToken(values, "id token", tokens.id_token)
    if (tokens.refresh_token !== undefined) noteToken(values, "refresh token", tokens.refresh_token)
    return tokens
  }

  return {
    page,
    tab,
    noteCookies,
    /** Sends the form of the login page. */
    logIn: (email: string, password: string) => tab.submit(page, "/login", { email, password }),
    tokensOf
  }
}

/** Logs in by the password alone; gives the tokens. */
export const logInByPassword = async (
  issuer: string,
  person: Person,
  login: { readonly email: string; readonly password: string },
  values: Collection
) => {
  const visitor = await visit(issuer, person, values)
  return visitor.tokensOf(await visitor.logIn(login.email, login.password))
}

/** Refreshes, so that the refresh token before is spent. */
export const refresh = async (issuer: string, token: string, values: Collection): Promise<void> => {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: appClient })
  })
  const tokens = decodeTokens(await answer.text())
  noteToken(values, "access token", tokens.access_token)
  if (tokens.refresh_token !== undefined) noteToken(values, "refresh token", tokens.refresh_token)
}
