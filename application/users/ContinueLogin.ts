import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials, type Lockout, Session } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Passkeys } from "../ports/SecondFactors.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { WebAuthnJson } from "./FactorProof.ts"
import { type LoggedIn, type Login, openSession } from "./OpenSession.ts"
import { attemptSucceeded } from "./Throttling.ts"

/** A login is done, or goes on with a second factor: the ticket is good for 5 attempts within 5 minutes. */
export type LoginStep =
  | ({ readonly step: "done" } & LoggedIn)
  | {
      readonly step: "second_factor"
      readonly ticket: string
      readonly methods: ReadonlyArray<Credentials.SecondFactor>
    }

/** How long a second factor, or a passkey's answer, is waited for, in milliseconds. */
export const ticketMillis = 5 * 60_000

/** How many second factors are tried on one ticket. */
export const ticketAttempts = 5

/** How often the options of a ticket are read: once to show them and once to verify the answer, for each attempt. */
const optionsReads = 2 * ticketAttempts

const Bound = Schema.Struct({ name: Schema.String, free: Schema.Int })

/** What a ticket stands for. */
export const TicketData = Schema.fromJsonString(
  Schema.Struct({
    user: UserId,
    client: Schema.String,
    methods: Schema.Array(Session.AuthenticationMethod),
    device: Schema.optionalKey(Schema.String),
    bounds: Schema.Struct({ own: Bound, wide: Schema.Array(Bound) })
  })
)

/** The options for a passkey as a second factor, which are made with the ticket and found by it. */
export const OptionsData = Schema.fromJsonString(
  Schema.Struct({ user: UserId, options: WebAuthnJson, challenge: Schema.String })
)

/** The secret under which a ticket's options are kept. */
export const optionsOf = (ticket: string): string => `second_factor ${ticket}`

/**
 * Goes on with a login by a first factor that was right: asks for a second factor where the user has one, else opens the
 * session. Errors: UserStoreUnavailable.
 */
export const continueLogin = Effect.fnUntraced(function* (login: Login, bounds: Lockout.Bounds) {
  const { user, client, methods, device } = login
  const users = yield* UserStore
  const credentials = yield* users.credentials(user.id).pipe(Effect.catchTag("UserNotFound", Effect.die))
  if (!Credentials.hasSecondFactor(credentials)) {
    yield* attemptSucceeded(bounds)
    return { step: "done", ...(yield* openSession(login)) } satisfies LoginStep
  }
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const ticket = yield* secrets.token
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  // Owned, and not the user's only one: a second ticket of the user must not take the first one's place.
  const expiresAt = Instant.addMillis(now, ticketMillis)
  yield* challenges.insert({
    attemptsLeft: ticketAttempts,
    expiresAt,
    kind: "second_factor",
    owner: user.id,
    digest: secrets.digest(ticket),
    data: Schema.encodeSync(TicketData)({
      user: user.id,
      client,
      methods,
      bounds,
      ...(device === undefined ? {} : { device })
    })
  })
  if (credentials.passkeys.length > 0) {
    const { options, challenge } = yield* (yield* Passkeys).authentication(credentials.passkeys)
    yield* challenges.insert({
      attemptsLeft: optionsReads,
      expiresAt,
      kind: "passkey_login",
      owner: user.id,
      digest: secrets.digest(optionsOf(ticket)),
      data: Schema.encodeSync(OptionsData)({ user: user.id, options, challenge })
    })
  }
  return { step: "second_factor", ticket, methods: Credentials.secondFactorsOf(credentials) } satisfies LoginStep
})
