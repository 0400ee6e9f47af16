/** Logins, tokens and personal data: which adapter stands behind each port, as the settings say. */
import { randomBytes } from "node:crypto"
import { Effect, Layer, Option } from "effect"
import { Secrets } from "../../adapters/crypto/index.ts"
import { Passkeys, TotpCodes } from "../../adapters/factors/index.ts"
import { IdentityProviders } from "../../adapters/federation/index.ts"
import { FileMailer, SmtpMailer } from "../../adapters/mail/index.ts"
import { layer as oidcProvider } from "../../adapters/oidc/index.ts"
import { BreachedPasswords, PasswordHasher } from "../../adapters/passwords/index.ts"
import { Authenticator, KeyRing, RevokedSessions } from "../../adapters/tokens/index.ts"
import { ManualReview } from "../../adapters/verification/index.ts"
import { AccessFacts } from "../../application/access/index.ts"
import { addressIn } from "./ClientAddress.ts"
import { dataDirOf } from "./Database.ts"
import * as DevelopmentToken from "./DevelopmentToken.ts"
import { keptSecret } from "./KeptSecret.ts"
import type { Settings } from "./Settings.ts"

/** The name that people read in their authenticator apps. */
const issuerName = "Gophers Bank"

/** Whom access tokens must be for. */
const audience = "bank"

/** Seconds: how far behind the store keys and revocations may be, and the longest that an access token lives. */
const keysRefreshSeconds = 10
const revocationPollSeconds = 1
const tokenLifeSeconds = 600

const mailer = (from: Settings) => {
  const { smtpUrl, mailFrom } = from.identity
  return Option.match(smtpUrl, {
    onSome: (url) => SmtpMailer.layer({ url, from: mailFrom }),
    onNone: () => FileMailer.layer({ folder: `${dataDirOf(from)}/mail`, from: mailFrom })
  })
}

/** The keys that sign the cookies of the login pages: those of the settings, or a development key that is kept. */
const cookieKeysOf = (from: Settings): Effect.Effect<readonly [string, ...ReadonlyArray<string>]> =>
  Option.match(from.identity.cookieKeys, {
    onSome: (text) => Effect.succeed(text),
    onNone: () =>
      keptSecret(`${dataDirOf(from)}/cookie-keys`, /^[\w-]{43}$/u, () => randomBytes(32).toString("base64url"))
  }).pipe(
    Effect.map((text) => {
      const [first = "", ...others] = text.split(",")
      return [first, ...others] as const
    })
  )

/** Where people meet the bank: the provider's address, and that of the API where it is told. */
export interface Addresses {
  readonly issuer: string
  readonly publicUrl: string | undefined
}

/** Where browsers come back to from other providers when the login pages have sent them there. */
const federatedAt = (issuer: string): string => `${issuer}/federated`

/** What logging in takes, besides the stores: passwords, factors, mail, other providers. */
const factors = (from: Settings, { issuer }: Addresses) => {
  const { breachedPasswords, federationCallback, providers } = from.identity
  return Layer.mergeAll(
    Secrets.layer,
    PasswordHasher.layer(),
    BreachedPasswords.layer(Option.match(breachedPasswords, { onNone: () => ({}), onSome: (file) => ({ file }) })),
    TotpCodes.layer({ issuer: issuerName }),
    Passkeys.layer({ rpId: new URL(issuer).hostname, rpName: issuerName, origins: [new URL(issuer).origin] }),
    IdentityProviders.layer({
      providers,
      callbackBase: Option.getOrElse(federationCallback, () => federatedAt(issuer))
    }),
    ManualReview.layer,
    mailer(from)
  )
}

/** Who calls, by the tokens of the provider, and in development by the development token as well. */
const authenticator = (from: Settings, { issuer, publicUrl }: Addresses, token: string | undefined) => {
  const tokens = Authenticator.layer({
    issuer,
    audience,
    revocationPollSeconds,
    ...(publicUrl === undefined ? {} : { publicUrl })
  })
  return token === undefined ? tokens : Layer.provideMerge(DevelopmentToken.layer(token, from.identity.tenant), tokens)
}

/**
 * Everything that users need over their stores: who calls, who may, how people log in and how tokens are issued. What is
 * revoked in this process ends in it at once.
 */
export const identity = Effect.fn("bank.identity")(function* (
  from: Settings,
  addresses: Addresses,
  token: string | undefined
) {
  const cookieKeys = yield* cookieKeysOf(from)
  const { providers, tenant, trustedProxies } = from.identity
  const keys = KeyRing.layer({ tenant, refreshSeconds: keysRefreshSeconds, tokenLifeSeconds })
  const callers = Layer.provideMerge(authenticator(from, addresses, token), keys)
  const sessions = Layer.provideMerge(RevokedSessions.announced, callers)
  const provider = oidcProvider({
    issuer: addresses.issuer,
    audience,
    cookieKeys,
    appRedirectUris: [`${addresses.issuer}/callback`],
    addressOf: (forwardedFor, peer) => addressIn(forwardedFor, peer, trustedProxies)
  }).pipe(
    // An app that begins such logins by the API may have browsers come back to itself; those of the pages come back here.
    Layer.provide(IdentityProviders.layer({ providers, callbackBase: federatedAt(addresses.issuer) }))
  )
  return Layer.mergeAll(provider, AccessFacts.layer).pipe(
    Layer.provideMerge(factors(from, addresses)),
    Layer.provideMerge(sessions)
  )
})
