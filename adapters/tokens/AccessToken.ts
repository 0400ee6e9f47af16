/** Access tokens of RFC 9068, and whom they stand for. */
import { createHash } from "node:crypto"
import { Option, Result, Schema } from "effect"
import type { Caller } from "../../application/ports/Caller.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Assurance, BranchId, Kyc, Role, Scope, TenantId } from "../../domain/identity/index.ts"
import { CustomerId, SessionId, UserId } from "../../domain/ids/index.ts"
import { Refused } from "./Compact.ts"
import { Algorithm } from "./Jwk.ts"
import { skewSeconds, tokenLifeSecondsMax } from "./Lifetime.ts"

/** Not there: a header that asks for what this reader does not do is refused (RFC 7515, 4.1.11; RFC 7797, 6). */
const Absent = Schema.optionalKey(Schema.Never)

/** What is read of the header. Where else it says that a key were to be had (`jwk`, `jku`, `x5u`) is not looked at. */
const Header = Schema.Struct({
  typ: Schema.Literal("at+jwt"),
  alg: Algorithm,
  kid: Schema.String.check(Schema.isMaxLength(128)),
  crit: Absent,
  b64: Absent
})

/** Seconds since 1970 (RFC 7519, 2), whole ones. */
const NumericDate = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Instant.millisMax / 1000 }))

const Name = Schema.String.check(Schema.isBetweenLength(1, 255))

/** The JWK thumbprint of the key that a proof must come from (RFC 9449, 6.1); no other kind of binding is understood. */
const Confirmation = Schema.Struct({ jkt: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/u)) })

const common = {
  iss: Schema.String,
  aud: Schema.Union([Schema.String, Schema.Array(Schema.String)]),
  client_id: Name,
  scope: Schema.optionalKey(Schema.String),
  iat: NumericDate,
  exp: NumericDate,
  nbf: Schema.optionalKey(NumericDate),
  jti: Name,
  tenant: TenantId,
  branch: Schema.optionalKey(BranchId),
  cnf: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
}

/** A person's: a program cannot be one, and a person has a session by which it ends. */
const UserClaims = Schema.Struct({
  ...common,
  sub: UserId,
  customer: Schema.optionalKey(CustomerId),
  roles: Schema.Array(Role.pipe(Schema.refine((role): role is Exclude<Role, "service"> => role !== "service"))),
  kyc: Kyc.KycLevel,
  acr: Assurance,
  auth_time: NumericDate,
  sid: SessionId
})

/** A program's, by its client credentials (RFC 6749, 4.4). */
const ServiceClaims = Schema.Struct({
  ...common,
  sub: Name,
  customer: Absent,
  roles: Schema.Tuple([Schema.Literal("service")]),
  sid: Absent
})

type Claims = typeof UserClaims.Type | typeof ServiceClaims.Type

const decodeHeader = Schema.decodeUnknownOption(Header)
const decodeUser = Schema.decodeUnknownOption(UserClaims)
const decodeService = Schema.decodeUnknownOption(ServiceClaims)
const decodeConfirmation = Schema.decodeUnknownOption(Confirmation, { onExcessProperty: "error" })
const isScope = Schema.is(Scope)

/** What a token says of itself, before anything vouches for it. */
export const headerOf = (header: unknown): Result.Result<typeof Header.Type, Refused> =>
  Result.fromOption(decodeHeader(header), () => new Refused({ why: "header" }))

/** A token that is in force, as long as it is. */
export interface Verified {
  readonly caller: Caller
  readonly kid: string
  /** Thumbprint of the key that it is bound to. */
  readonly jkt: string | undefined
  /** The first moment at which it counts no more. */
  readonly untilMillis: number
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url")

const userIdLength = "usr_01h455vb4pex5vsknk084sn02q".length
const callerIdMax = 64

/**
 * An app of a user by a name of its own: `usr_…:app`, or `usr_…~` and 198 bits of the SHA-256 of the app's client id where
 * that would be too long or is not visible ASCII. No two are the same.
 */
const userCallerId = (user: string, client: string): string =>
  /^[\x21-\x7e]+$/u.test(client) && client.length < callerIdMax - userIdLength
    ? `${user}:${client}`
    : `${user}~${sha256(client).slice(0, callerIdMax - userIdLength - 1)}`

/** A program by its client id, or by `~` and the SHA-256 of one that could not be told from other callers' ids. */
const serviceCallerId = (client: string): string =>
  /^(?!usr_|~|anonymous$)[\x21-\x7e]{1,64}$/u.test(client) ? client : `~${sha256(client)}`

/** Only the bank's own; those of OpenID Connect say nothing here. Parted by single spaces (RFC 6749, 3.3), and by no other. */
const scopesOf = (scope: string | undefined): ReadonlyArray<Scope> => [
  ...new Set((scope ?? "").split(" ").filter(isScope))
]

const subjectOf = (claims: Claims) => {
  const { tenant, branch, client_id: client } = claims
  const common = {
    tenant,
    scopes: scopesOf(claims.scope),
    client,
    ...(branch === undefined ? {} : { branch })
  }
  return "acr" in claims
    ? {
        ...common,
        id: userCallerId(claims.sub, client),
        user: claims.sub,
        ...(claims.customer === undefined ? {} : { customer: claims.customer }),
        roles: claims.roles,
        kyc: claims.kyc,
        assurance: claims.acr,
        authenticatedAt: Instant.fromMillis(claims.auth_time * 1000),
        session: claims.sid
      }
    : {
        ...common,
        id: serviceCallerId(client),
        roles: claims.roles,
        kyc: "none" as const,
        assurance: "single" as const,
        authenticatedAt: Instant.fromMillis(claims.iat * 1000)
      }
}

/** Whether the token is in force, and lives no longer than one may. */
const isTimely = (claims: Claims, now: number): boolean => {
  const { iat, exp, nbf = 0 } = claims
  const latest = now + skewSeconds
  const isSane = iat <= latest && iat < exp && exp - iat <= tokenLifeSecondsMax
  return (
    isSane && nbf <= latest && now < exp + skewSeconds && (!("acr" in claims) || claims.auth_time <= iat + skewSeconds)
  )
}

/** For this audience alone: one that is for others too could be sent here by any of them. */
const isFor = (aud: Claims["aud"], audience: string): boolean =>
  typeof aud === "string" ? aud === audience : aud.length === 1 && aud[0] === audience

/** A person's token names a session and a program's does not; a program is its own subject, and not called as a user is. */
const decodeClaims = (payload: unknown): Option.Option<Claims> =>
  typeof payload === "object" && payload !== null && Object.hasOwn(payload, "sid")
    ? decodeUser(payload)
    : Option.filter(decodeService(payload), ({ sub, client_id }) => sub === client_id && !sub.startsWith("usr_"))

/** Reads the claims of a token whose signature was verified. `nowMillis` is since 1970. */
export const verifiedOf = (
  payload: unknown,
  kid: string,
  expected: { readonly issuer: string; readonly audience: string },
  nowMillis: number
): Result.Result<Verified, Refused> => {
  const refused = (why: Refused["why"]) => Result.fail(new Refused({ why }))
  const decoded = decodeClaims(payload)
  if (Option.isNone(decoded)) return refused("claims")
  const claims = decoded.value
  const confirmation = claims.cnf === undefined ? undefined : decodeConfirmation(claims.cnf)
  if (confirmation !== undefined && Option.isNone(confirmation)) return refused("claims")
  if (claims.iss !== expected.issuer) return refused("issuer")
  if (!isFor(claims.aud, expected.audience)) return refused("audience")
  if (!isTimely(claims, nowMillis / 1000)) return refused("time")
  const until = Instant.fromMillis((claims.exp + skewSeconds) * 1000)
  return Result.succeed({
    caller: { ...subjectOf(claims), until },
    kid,
    jkt: confirmation?.value.jkt,
    untilMillis: until
  })
}
