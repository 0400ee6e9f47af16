/**
 * Logins at other identity providers, by the authorization code flow of OpenID Connect with PKCE (S256), state and nonce,
 * always all three. The library checks what comes back: state, and the issuer where the provider names itself (RFC 9207),
 * the id token's signature, issuer, audience, authorized party, nonce and time.
 *
 * A login takes one request to the provider for its tokens, one for its keys now and then, and one more where the address
 * is not in the id token. None of them is sent twice: a code is good for one attempt.
 */
import { Cache, Effect, Layer, Schema } from "effect"
import * as client from "openid-client"
import { FederationFailed, IdentityProviders, UnknownProvider } from "../../application/ports/Outside.ts"
import { Unproven, userOf } from "./Claims.ts"
import { discovery } from "./Discovery.ts"
import { reasonOf } from "./Failure.ts"
import { type FederationOptions, redirectUriOf } from "./Options.ts"

const timeoutMsUsual = 5000

const Kept = Schema.fromJsonString(
  Schema.Struct({ provider: Schema.String, state: Schema.String, nonce: Schema.String, verifier: Schema.String })
)
const encodeKept = Schema.encodeSync(Kept)
const decodeKept = Schema.decodeSync(Kept)

const scopeOf = (scopes: ReadonlyArray<string> = ["email", "profile"]): string =>
  [...new Set(["openid", ...scopes])].join(" ")

const parsed = (address: string): URL | undefined => (URL.canParse(address) ? new URL(address) : undefined)

/** Our own address with the parameters that the browser brought: a proxy may have changed the rest. */
const answered = (redirectUri: string, callback: string): URL | undefined => {
  const [ours, theirs] = [new URL(redirectUri), parsed(callback)]
  if (theirs === undefined || theirs.pathname !== ours.pathname) return undefined
  ours.search = theirs.search
  return ours
}

const make = Effect.fnUntraced(function* (options: FederationOptions) {
  const providers = new Map(options.providers.map((provider) => [provider.name, provider]))
  const configurations = yield* discovery(options.timeoutMs ?? timeoutMsUsual)(providers)

  const found = (provider: string) => {
    const known = providers.get(provider)
    return known === undefined ? Effect.fail(new UnknownProvider({ provider })) : Effect.succeed(known)
  }

  const attempt = <A>(provider: string, work: () => Promise<A>) =>
    Effect.tryPromise({
      try: work,
      catch: (cause) =>
        new FederationFailed({ provider, reason: cause instanceof Unproven ? cause.message : reasonOf(cause) })
    })

  return IdentityProviders.of({
    all: options.providers.map(({ name, title }) => ({ name, title })),
    begin: Effect.fn("IdentityProviders.begin")(function* (provider) {
      const { scopes } = yield* found(provider)
      const configuration = yield* Cache.get(configurations, provider)
      const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()]
      const challenge = yield* Effect.promise(() => client.calculatePKCECodeChallenge(verifier))
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUriOf(options, provider),
        scope: scopeOf(scopes),
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: "S256"
      })
      return { url: url.href, state, kept: encodeKept({ provider, state, nonce, verifier }) }
    }),
    complete: Effect.fn("IdentityProviders.complete")(function* (provider, callback, kept) {
      const known = yield* found(provider)
      const { state, nonce, verifier, provider: begunAt } = decodeKept(kept)
      const url = answered(redirectUriOf(options, provider), callback)
      if (begunAt !== provider || url === undefined)
        return yield* Effect.fail(new FederationFailed({ provider, reason: "an answer to another login" }))
      const configuration = yield* Cache.get(configurations, provider)
      return yield* attempt(provider, async () => {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true }
        return userOf(configuration, known, await client.authorizationCodeGrant(configuration, url, checks))
      })
    })
  })
})

/** The providers that the options name; none is asked for anything before someone wants to log in there. */
export const layer = (options: FederationOptions): Layer.Layer<IdentityProviders> =>
  Layer.effect(IdentityProviders, make(options))
