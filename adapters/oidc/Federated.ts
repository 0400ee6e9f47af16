/**
 * Logins at other providers that the login page begins. All of a provider's come back to the same address,
 * `/federated/<provider>`, whatever interaction they are of: a cookie says which one this browser had left, and with what
 * ticket. The browser goes on below that interaction's own address, the only one at which it shows the interaction's cookie
 * and the device's. An answer to another login than the one that this browser began last finds no ticket, and takes none.
 */
import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Schema } from "effect"
import {
  BeginFederatedLogin,
  type FederationBegun,
  FinishFederatedLogin,
  type ProviderList
} from "../../application/federation/index.ts"
import { cookieOf } from "./Http.ts"
import type { OidcTerms } from "./Options.ts"

/** Other providers as the login page names them. */
export type Providers = (typeof ProviderList.Type)["items"]

/** The provider that a form names. */
export const decodeBegin = Schema.decodeUnknownOption(BeginFederatedLogin)

/** The step of an interaction at which such a login begins and goes on. */
export const federatedStep = "federated"

const back = /^\/federated\/([a-z0-9][a-z0-9-]{0,31})$/u

/** The provider whose users come back to the path; undefined for any other path. */
export const providerBackAt = (path: string): string | undefined => back.exec(path)?.[1]

const cookie = "gophers_federated"

/** How long the browser may stay over there: as long as the ticket is good. */
const cookieSeconds = 600

const isUid = Schema.is(Schema.String.check(Schema.isPattern(/^[\w-]{1,64}$/u)))

/** Tells answers apart: the state itself is in addresses, and no secret. */
const digestOf = (state: string): string => createHash("sha256").update(state).digest("base64url")

const setCookie = (res: ServerResponse, { isHttps }: OidcTerms, value: string, seconds: number): void => {
  const secure = isHttps ? "; Secure" : ""
  // Sent along when another site leads the browser here, and with nothing else that comes from there.
  res.appendHeader("set-cookie", `${cookie}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`)
}

/** Has the browser keep what it needs when it comes back, in place of what it kept of a login before. */
export const keepTicket = (res: ServerResponse, terms: OidcTerms, uid: string, begun: FederationBegun): void => {
  const state = new URL(begun.url).searchParams.get("state") ?? ""
  setCookie(res, terms, `${uid}.${digestOf(state)}.${begun.ticket}`, cookieSeconds)
}

export const forgetTicket = (res: ServerResponse, terms: OidcTerms): void => setCookie(res, terms, "", 0)

/** The interaction that an answer belongs to and the ticket for it, where this browser began that login last. */
export const keptFor = (req: IncomingMessage, answer: URLSearchParams) => {
  const [uid, digest, ticket] = (cookieOf(req, cookie) ?? "").split(".")
  return isUid(uid) && digest === digestOf(answer.get("state") ?? "") ? { uid, ticket } : undefined
}

const decodeFinish = Schema.decodeUnknownOption(FinishFederatedLogin)

/** What finishes a login by an answer, which came to the bank's own address, as providers know it. */
export const finishOf = (
  { issuer }: OidcTerms,
  { provider, answer }: { readonly provider: string; readonly answer: URLSearchParams },
  kept: { readonly ticket: string | undefined; readonly device?: string }
) => {
  const { ticket, ...device } = kept
  return decodeFinish({ callback: `${issuer}/federated/${provider}?${answer}`, ticket, ...device })
}
