import { Context, type Effect, Schema } from "effect"
import type { Instant } from "../../domain/calendar/index.ts"
import type { Credentials, Session, TenantId, User } from "../../domain/identity/index.ts"
import type { CustomerId, SessionId, UserId } from "../../domain/ids/index.ts"
import type { UserStoreUnavailable } from "./DelegationStore.ts"

/** There is no such user, or none that the caller may know of. */
export class UserNotFound extends Schema.TaggedError<UserNotFound>()("UserNotFound", { userId: Schema.String }) {}

/** Another user of the bank has this email address. Told only to who has proved that it can read the address's mail. */
export class EmailTaken extends Schema.TaggedError<EmailTaken>()("EmailTaken", {}) {}

/** The user was changed by someone else meanwhile. */
export class UserChanged extends Schema.TaggedError<UserChanged>()("UserChanged", {
  userId: Schema.String,
  expected: Schema.Int,
  actual: Schema.Int
}) {}

/** Another user has this login at another provider already. */
export class IdentityTaken extends Schema.TaggedError<IdentityTaken>()("IdentityTaken", {}) {}

/** Users and what they prove themselves by. Personal data and credentials are encrypted at rest. */
export class UserStore extends Context.Service<
  UserStore,
  {
    readonly insert: (
      user: User.User,
      credentials: Credentials.Credentials
    ) => Effect.Effect<void, EmailTaken | IdentityTaken | UserStoreUnavailable>
    readonly find: (id: UserId) => Effect.Effect<User.User, UserNotFound | UserStoreUnavailable>
    readonly findByEmail: (
      tenant: TenantId,
      email: User.Email
    ) => Effect.Effect<User.User | undefined, UserStoreUnavailable>
    readonly findByCustomer: (customer: CustomerId) => Effect.Effect<User.User | undefined, UserStoreUnavailable>
    readonly findByIdentity: (
      tenant: TenantId,
      issuer: string,
      subject: string
    ) => Effect.Effect<User.User | undefined, UserStoreUnavailable>
    /** By the base64url id of one of its passkeys. */
    readonly findByPasskey: (
      tenant: TenantId,
      passkey: string
    ) => Effect.Effect<User.User | undefined, UserStoreUnavailable>
    /** By id, which is the order of registration; `after` is the last one already seen. */
    readonly list: (query: {
      readonly tenant: TenantId
      readonly status?: User.UserStatus
      readonly kyc?: User.Kyc["status"]
      readonly after?: UserId
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<User.User>, UserStoreUnavailable>
    /** Replaces version `user.version - 1`. */
    readonly save: (
      user: User.User
    ) => Effect.Effect<void, UserChanged | UserNotFound | EmailTaken | UserStoreUnavailable>
    readonly credentials: (id: UserId) => Effect.Effect<Credentials.Credentials, UserNotFound | UserStoreUnavailable>
    /** Replaces version `credentials.version - 1`. */
    readonly saveCredentials: (
      credentials: Credentials.Credentials
    ) => Effect.Effect<void, UserChanged | UserNotFound | IdentityTaken | UserStoreUnavailable>
  }
>()("bank/application/ports/UserStore") {}

/** There is no such session, or none that the caller may know of. */
export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", {
  sessionId: Schema.String
}) {}

/** Logins that are open, and those that were. */
export class SessionStore extends Context.Service<
  SessionStore,
  {
    readonly insert: (session: Session.Session) => Effect.Effect<void, UserStoreUnavailable>
    readonly find: (id: SessionId) => Effect.Effect<Session.Session, SessionNotFound | UserStoreUnavailable>
    /** A user's sessions that are neither over nor revoked, newest first; at most 100. */
    readonly of: (
      user: UserId,
      now: Instant.Instant
    ) => Effect.Effect<ReadonlyArray<Session.Session>, UserStoreUnavailable>
    /** Replaces what changes of a session: methods, assurance, authenticatedAt, lastSeenAt, expiresAt. */
    readonly save: (session: Session.Session) => Effect.Effect<void, SessionNotFound | UserStoreUnavailable>
    /**
     * Notes that a session was used: both times move forward only, and nothing else of it changes, whoever changes it
     * meanwhile. One that there is not stays so.
     */
    readonly touch: (
      session: SessionId,
      lastSeenAt: Instant.Instant,
      expiresAt: Instant.Instant
    ) => Effect.Effect<void, UserStoreUnavailable>
    /**
     * Revokes these sessions of a user, or all but `except`; gives those that this ended. Nothing personal of them stays:
     * neither address nor user agent.
     */
    readonly revoke: (
      user: UserId,
      which: { readonly only: SessionId } | { readonly except?: SessionId },
      now: Instant.Instant
    ) => Effect.Effect<ReadonlyArray<SessionId>, UserStoreUnavailable>
    /** Takes address and user agent off every session of a user, ended ones too; gives them all, newest first. */
    readonly forget: (user: UserId) => Effect.Effect<ReadonlyArray<SessionId>, UserStoreUnavailable>
    /** Sessions revoked after `since`, whichever process did it; at most 10,000, oldest first. */
    readonly revokedSince: (
      since: Instant.Instant
    ) => Effect.Effect<
      ReadonlyArray<{ readonly session: SessionId; readonly at: Instant.Instant }>,
      UserStoreUnavailable
    >
  }
>()("bank/application/ports/SessionStore") {}

/** What a challenge is for. */
export type ChallengeKind =
  | "verify_email"
  | "change_email"
  | "reset_password"
  | "second_factor"
  | "passkey_registration"
  | "passkey_login"
  | "federated_login"
  | "known_device"

/** Something that a user is to answer soon. `data` is encrypted at rest. */
export interface Challenge {
  /** Hexadecimal SHA-256 of the secret that answers it. */
  readonly digest: string
  readonly kind: ChallengeKind
  /** Whose it is, where a user has one of the kind at a time. */
  readonly user?: UserId
  /** Whose it is, where a user may have several of the kind. */
  readonly owner?: UserId
  readonly data: string
  readonly attemptsLeft: number
  readonly expiresAt: Instant.Instant
}

/** Challenges until they are answered, once. */
export class ChallengeStore extends Context.Service<
  ChallengeStore,
  {
    /** Stores it, in place of others of the kind for the same user where there is one. */
    readonly insert: (challenge: Challenge) => Effect.Effect<void, UserStoreUnavailable>
    /** Reads a challenge that has not expired, and takes one of its attempts; undefined where there is none left. */
    readonly attempt: (
      kind: ChallengeKind,
      digest: string,
      now: Instant.Instant
    ) => Effect.Effect<Challenge | undefined, UserStoreUnavailable>
    /** Takes a challenge that has not expired away: of many at once, one gets it. */
    readonly take: (
      kind: ChallengeKind,
      digest: string,
      now: Instant.Instant
    ) => Effect.Effect<Challenge | undefined, UserStoreUnavailable>
    /** Takes every challenge of these kinds away that is a user's, all at once. */
    readonly end: (user: UserId, kinds: ReadonlyArray<ChallengeKind>) => Effect.Effect<void, UserStoreUnavailable>
  }
>()("bank/application/ports/ChallengeStore") {}

/**
 * Counts failed logins for the back-off. A name says whose failures are counted, such as a user from one address; it is
 * hashed before it is kept. A failure counts for 15 minutes, or for another window, which is then always the name's.
 */
export class LoginThrottle extends Context.Service<
  LoginThrottle,
  {
    /** Failures of each name within the window before now, and the time of the last. */
    readonly failures: (
      names: ReadonlyArray<string>,
      now: Instant.Instant,
      windowMillis?: number
    ) => Effect.Effect<
      ReadonlyArray<{ readonly count: number; readonly lastAt: Instant.Instant | undefined }>,
      UserStoreUnavailable
    >
    readonly failed: (
      names: ReadonlyArray<string>,
      now: Instant.Instant,
      windowMillis?: number
    ) => Effect.Effect<void, UserStoreUnavailable>
    readonly succeeded: (names: ReadonlyArray<string>) => Effect.Effect<void, UserStoreUnavailable>
  }
>()("bank/application/ports/LoginThrottle") {}
