import { Context, type Effect } from "effect"
import type { Instant } from "../../domain/calendar/index.ts"
import type { Scope, Session, TenantId, User } from "../../domain/identity/index.ts"
import type { SessionId } from "../../domain/ids/index.ts"
import type { KeysUnavailable } from "./Crypto.ts"
import type { UserStoreUnavailable } from "./DelegationStore.ts"

/** What a login gives: an access token (RFC 9068) for some minutes, and a refresh token for the next one. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
  readonly scopes: ReadonlyArray<Scope>
}

/** The bank's own app, a public client (RFC 6749, 2.1): logins at it need no consent and have every scope. */
export const appClient = "gophers-bank-app"

/** Issues tokens for logins at the bank's own app. They are refreshed and revoked where those of all apps are. */
export class TokenIssuer extends Context.Service<
  TokenIssuer,
  {
    readonly issue: (
      session: Session.Session,
      user: User.User
    ) => Effect.Effect<Tokens, UserStoreUnavailable | KeysUnavailable>
    /** Ends the refresh tokens of a session. Its access tokens end by the session's revocation. */
    readonly revoke: (session: SessionId) => Effect.Effect<void, UserStoreUnavailable>
  }
>()("bank/application/ports/TokenIssuer") {}

/** A private key that signs tokens, as a JSON Web Key (RFC 7517). */
export interface SigningKey {
  readonly kid: string
  /** Private; `alg` is ES256 or EdDSA. Encrypted at rest. */
  readonly jwk: { readonly [member: string]: unknown }
  readonly createdAt: Instant.Instant
  /** From when on it signs; it is published before, so that everybody knows it by then. */
  readonly signsFrom: Instant.Instant
  /** Until when it is published: as long as a token that it signed may live. Not set while it signs. */
  readonly publishedUntil?: Instant.Instant
}

/** Where the keys that sign tokens are kept. */
export class SigningKeyStore extends Context.Service<
  SigningKeyStore,
  {
    readonly all: (tenant: TenantId) => Effect.Effect<ReadonlyArray<SigningKey>, UserStoreUnavailable | KeysUnavailable>
    readonly add: (tenant: TenantId, key: SigningKey) => Effect.Effect<void, UserStoreUnavailable | KeysUnavailable>
    readonly retire: (
      tenant: TenantId,
      kid: string,
      publishedUntil: Instant.Instant
    ) => Effect.Effect<void, UserStoreUnavailable>
    readonly remove: (tenant: TenantId, kid: string) => Effect.Effect<void, UserStoreUnavailable>
  }
>()("bank/application/ports/SigningKeyStore") {}

/**
 * The keys that sign tokens now. New ones are published before they sign and stay published until what they signed has
 * expired, so that a rotation is noticed by nobody.
 */
export class KeyRing extends Context.Service<
  KeyRing,
  {
    /** Every published key, the one that signs first; from memory, at most some seconds behind the store. */
    readonly keys: Effect.Effect<ReadonlyArray<SigningKey>, UserStoreUnavailable | KeysUnavailable>
    /** Reads the store now, at most once a second: for who is shown a key that it does not know yet. */
    readonly refresh: Effect.Effect<void, UserStoreUnavailable | KeysUnavailable>
    /** Publishes a new key, which signs after `signsAfterSeconds`, and sends those before it into retirement. */
    readonly rotate: (signsAfterSeconds: number) => Effect.Effect<SigningKey, UserStoreUnavailable | KeysUnavailable>
  }
>()("bank/application/ports/KeyRing") {}

/** What the OpenID provider keeps of an authorization: a code, a token, a grant, a session, a client, as JSON text. */
export interface Artifact {
  readonly model: string
  /** The secret or name that finds it; stored as its SHA-256. */
  readonly id: string
  /** Encrypted at rest. */
  readonly payload: string
  readonly grantId?: string
  readonly uid?: string
  readonly userCode?: string
  readonly expiresAt?: Instant.Instant
  readonly consumedAt?: Instant.Instant
}

type Stored<A> = Effect.Effect<A, UserStoreUnavailable | KeysUnavailable>

/** Artifacts of the OpenID provider; those that have expired are not found. */
export class ArtifactStore extends Context.Service<
  ArtifactStore,
  {
    readonly upsert: (artifact: Artifact) => Stored<void>
    readonly find: (model: string, id: string) => Stored<Artifact | undefined>
    readonly findByUid: (model: string, uid: string) => Stored<Artifact | undefined>
    readonly findByUserCode: (model: string, userCode: string) => Stored<Artifact | undefined>
    /** Marks it as used; true for the one caller that did, of many at once. */
    readonly consume: (model: string, id: string, now: Instant.Instant) => Stored<boolean>
    readonly destroy: (model: string, id: string) => Stored<void>
    /** Ends everything of a grant, and keeps in mind that it ended: nothing of it can be stored any more. */
    readonly revokeGrant: (grantId: string) => Stored<void>
    /** Of a model, those that were made, by id; for the list of clients. At most 1000. */
    readonly list: (model: string) => Stored<ReadonlyArray<Artifact>>
  }
>()("bank/application/ports/ArtifactStore") {}
