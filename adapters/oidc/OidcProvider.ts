/**
 * The bank's OAuth 2 and OpenID Connect provider. The library takes its keys when it is made, so a new one is made when the
 * key ring's keys change, and requests that are under way finish on the one that they began with: both read and write the
 * same store and verify the same cookies.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Context, Effect, Layer } from "effect"
import Provider from "oidc-provider"
import type { KeysUnavailable } from "../../application/ports/Crypto.ts"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { IdentityProviders } from "../../application/ports/Outside.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { ArtifactStore, KeyRing, type SigningKey, TokenIssuer } from "../../application/ports/Tokens.ts"
import { Lockout, type Session, type User } from "../../domain/identity/index.ts"
import type { StoreServices } from "./Artifacts.ts"
import { appGrantOf } from "./Grants.ts"
import { addressOf, reply } from "./Http.ts"
import { interact } from "./Interaction.ts"
import { issueFor } from "./Issuing.ts"
import { type ProviderJwk, providerJwk } from "./Keys.ts"
import { attemptsIn, type LoginServices } from "./LoginAttempt.ts"
import { observe } from "./Observing.ts"
import { type OidcOptions, termsOf } from "./Options.ts"
import { assetAt, noticeAt, pagePolicy } from "./Pages.ts"
import { isAway, runnerOf } from "./Running.ts"
import { settingsOf } from "./Settings.ts"
import { throttleOf } from "./Throttle.ts"

/** Answers every request of the provider's own port; pages and endpoints alike. */
export class OidcProvider extends Context.Service<
  OidcProvider,
  { readonly handler: (req: IncomingMessage, res: ServerResponse) => void }
>()("bank/adapters/oidc/OidcProvider") {}

/** What the provider needs: the stores, the keys, and what logging in takes. */
export type OidcServices = StoreServices | LoginServices

/** A provider with the keys that it was made with. */
interface Serving {
  readonly source: ReadonlyArray<SigningKey>
  readonly signer: ProviderJwk
  readonly provider: Provider
  readonly answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>
}

/**
 * On every answer; pages have a stricter policy of their own. The library adds the hashes of its own scripts. Without any
 * referrer browsers would send no `Origin` with our own forms, by which those are told from other sites'.
 */
const headersOfAll: ReadonlyArray<readonly [string, string]> = [
  ["content-security-policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "same-origin"]
]

/** Seconds for which browsers keep to https: two years (RFC 6797). */
const strictTransport = "max-age=63072000; includeSubDomains"

/** What is logged of a failure: other fields of an error may hold what was asked for. */
const toldOf = (error: unknown): object =>
  error instanceof Error ? { error: error.name, message: error.message, stack: error.stack } : { error: typeof error }

const make = Effect.fnUntraced(function* (options: OidcOptions) {
  const terms = termsOf(options)
  const context = yield* Effect.context<OidcServices>()
  const ring = yield* KeyRing
  const store = yield* ArtifactStore
  const { tenant } = yield* Terms
  const { all: providers } = yield* IdentityProviders
  const run = runnerOf(context)
  const attempt = attemptsIn(context)
  const isTaken = throttleOf(terms.requestsPerMinuteMax)
  const issuer = new URL(terms.issuer)
  /** Where requests came from, which their headers do not tell the provider. */
  const addresses = new WeakMap<IncomingMessage, string>()
  let serving: Serving | undefined

  const made = (source: ReadonlyArray<SigningKey>): Serving => {
    const [signer, ...others] = source.map(providerJwk)
    if (signer === undefined) throw new Error("no key signs tokens")
    const keysNow = () => (serving?.source ?? source).map(providerJwk)
    const provider = new Provider(terms.issuer, settingsOf({ terms, tenant, run, keys: [signer, ...others], keysNow }))
    // Every request is made to look as if it came to the issuer's address, so that no header names another.
    provider.proxy = true
    observe(provider, context, (req) => addresses.get(req))
    return { source, signer, provider, answer: provider.callback() }
  }

  const current = Effect.gen(function* () {
    const source = yield* ring.keys
    if (serving?.source !== source) serving = made(source)
    return serving
  })

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const address = addressOf(req, terms)
    if (address !== undefined) addresses.set(req, address)
    for (const [name, value] of headersOfAll) res.setHeader(name, value)
    if (terms.isHttps) res.setHeader("strict-transport-security", strictTransport)
    if (!isTaken(Lockout.sourceOf(address), Date.now())) {
      const body = JSON.stringify({ error: "temporarily_unavailable", error_description: "too many requests" })
      return reply(res, 429, "application/json", body, { "retry-after": "1" })
    }
    req.headers.host = issuer.host
    req.headers["x-forwarded-proto"] = issuer.protocol.slice(0, -1)
    delete req.headers["x-forwarded-host"]
    delete req.headers["x-forwarded-for"]
    const target = URL.parse(req.url ?? "/", terms.issuer)
    if (target === null) return reply(res, 400, "application/json", JSON.stringify({ error: "invalid_request" }))
    req.url = target.pathname + target.search
    const asset = req.method === "GET" ? assetAt(target.pathname) : undefined
    if (asset !== undefined) return reply(res, 200, asset.type, asset.body, { "cache-control": "public, max-age=3600" })
    const notice = req.method === "GET" ? noticeAt(target.pathname) : undefined
    if (notice !== undefined)
      return reply(res, 200, "text/html; charset=utf-8", notice, { "content-security-policy": pagePolicy() })
    const { provider, answer } = await run(current)
    if (await interact({ provider, terms, providers, attempt, address }, req, res)) return
    await answer(req, res)
  }

  const failed = (res: ServerResponse, error: unknown): void => {
    Effect.runForkWith(context)(Effect.logError("a request of the OpenID provider failed", toldOf(error)))
    if (res.headersSent) return void res.destroy()
    reply(res, 500, "application/json", JSON.stringify({ error: "server_error" }))
  }

  const issued = (session: Session.Session, user: User.User) =>
    Effect.flatMap(current, ({ provider, signer }) =>
      Effect.tryPromise({ try: () => issueFor(provider, terms, signer, session, user), catch: (error) => error }).pipe(
        Effect.catch((error) =>
          isAway(error) ? Effect.fail(new UserStoreUnavailable({ reason: error.message })) : Effect.die(error)
        )
      )
    )

  yield* current

  return Context.make(OidcProvider, {
    handler: (req, res) => void serve(req, res).catch((error: unknown) => failed(res, error))
  }).pipe(
    Context.add(
      TokenIssuer,
      TokenIssuer.of({
        issue: Effect.fn("TokenIssuer.issue")(issued),
        revoke: Effect.fn("TokenIssuer.revoke")((session) =>
          store
            .revokeGrant(appGrantOf(session))
            .pipe(Effect.catchTag("KeysUnavailable", ({ reason }) => new UserStoreUnavailable({ reason })))
        )
      })
    )
  )
})

/** The provider, and the port by which the bank's own edge issues tokens. Reads the keys when it is built. */
export const layer = (
  options: OidcOptions
): Layer.Layer<OidcProvider | TokenIssuer, UserStoreUnavailable | KeysUnavailable, OidcServices> =>
  Layer.effectContext(make(options))
