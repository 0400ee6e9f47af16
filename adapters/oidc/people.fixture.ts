/** Two other providers, at which people log in by being named, and what pages say of that. */
import { randomBytes } from "node:crypto"
import { Effect, Layer, Schema } from "effect"
import {
  type FederatedUser,
  FederationFailed,
  IdentityProviders,
  UnknownProvider
} from "../../application/ports/Outside.ts"
import type { Shown } from "../../infra/testing/browser.ts"

const titles: Readonly<Record<string, string>> = { first: "First & Co", second: "Second" }

const issuerOf = (provider: string): string => `https://${provider}.example`

const isVerified = (name: string): boolean => !name.startsWith("unverified")

const personOf = (provider: string, name: string): FederatedUser => ({
  issuer: issuerOf(provider),
  subject: name,
  email: `${name}@example.com`,
  emailVerified: isVerified(name),
  name
})

const Kept = Schema.fromJsonString(Schema.Struct({ provider: Schema.String, state: Schema.String }))
const encodeKept = Schema.encodeSync(Kept)
const decodeKept = Schema.decodeSync(Kept)

/** Counts the answers that were looked at; `isDown` makes every login fail to begin. */
export const otherProviders = (issuer: () => string) => {
  const state = { answers: 0, isDown: false }
  const layer = Layer.succeed(IdentityProviders, {
    all: Object.entries(titles).map(([name, title]) => ({ name, title })),
    begin: (provider) => {
      if (titles[provider] === undefined) return Effect.fail(new UnknownProvider({ provider }))
      if (state.isDown) return Effect.fail(new FederationFailed({ provider, reason: "down" }))
      const secret = randomBytes(16).toString("base64url")
      const url = `${issuerOf(provider)}/authorize?client_id=bank&state=${secret}`
      return Effect.succeed({ url, state: secret, kept: encodeKept({ provider, state: secret }) })
    },
    complete: (provider, callback, kept) => {
      state.answers++
      const { origin, pathname, searchParams } = new URL(callback)
      const begun = decodeKept(kept)
      const isAnswer = origin === issuer() && pathname === `/federated/${begun.provider}`
      const code = searchParams.get("code")
      return !isAnswer || searchParams.get("state") !== begun.state || code === null
        ? Effect.fail(new FederationFailed({ provider, reason: "an answer to another login" }))
        : Effect.succeed(personOf(provider, code))
    }
  })
  return { state, layer }
}

/** The address that a person's browser is sent back to from the one that the bank had sent it to. */
export const backFrom = (issuer: string, at: URL, name: string): URL => {
  const provider = at.hostname.split(".")[0] ?? ""
  const answer = new URLSearchParams({ code: name, state: at.searchParams.get("state") ?? "", iss: at.origin })
  return new URL(`${issuer}/federated/${provider}?${answer}`)
}

/** Where the page sends the browser by itself. */
export const ahead = ({ headers }: Shown): URL => new URL((headers.get("refresh") ?? "").replace(/^0; url=/u, ""))

/** What the page says went wrong. */
export const alert = ({ html }: Shown): string => /role="alert"[^>]*>([^<]*)</u.exec(html)?.[1] ?? ""
