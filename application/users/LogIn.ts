import { Effect, Schema } from "effect"
import { Credentials, Lockout, Password, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { PasswordHasher } from "../ports/Crypto.ts"
import type { Origin } from "../ports/Origin.ts"
import { Terms } from "../ports/Terms.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { continueLogin } from "./ContinueLogin.ts"
import { knownDevice } from "./KnownDevice.ts"
import { endOpened } from "./OpenSession.ts"
import { admitAttempt, attemptFailed } from "./Throttling.ts"

/** The secret that a device got at its last login. */
export const DeviceSecret = Schema.String.check(Schema.isMaxLength(128))

/** Logs in by email and password; `device` is what the device kept of its last login, if anything. */
export const LogIn = Schema.Struct({
  email: User.Email,
  password: Password.Password,
  device: Schema.optionalKey(DeviceSecret)
})
export type LogIn = typeof LogIn.Type

/** The address or the password is wrong, or the user does not log in: not verified yet, or closed. Which is not told. */
export class InvalidLogin extends Schema.TaggedError<InvalidLogin>()("InvalidLogin", {}) {}

/** A user that there is not: an unknown address costs the same look into the store as a known one. */
const nobody = UserId.make("usr_00000000000000000000000000")

/** Who is to log in, as failures are counted, whether there is such a user or not. */
export const subjectOf = (tenant: string, email: User.Email): string => `${tenant} ${User.emailKey(email)}`

/** Hashes the password by the present parameters. It is right already, so that the login goes on whatever comes of it. */
const rehash = Effect.fnUntraced(function* (user: UserId, old: string, password: string) {
  const hasher = yield* PasswordHasher
  const hash = yield* hasher.hash(password)
  const changed = changeCredentials(user, (credentials) =>
    Effect.succeed(credentials.password === old ? Credentials.next(credentials, { password: hash }) : credentials)
  )
  yield* changed
})

/**
 * Whether the password that was right is so still. One that changed while it was being compared ended the sessions that
 * were open then, which this login's may not have been.
 */
const isStillRight = Effect.fnUntraced(function* (user: UserId, password: string, hash: string) {
  const users = yield* UserStore
  const hasher = yield* PasswordHasher
  const found = users.credentials(user)
  const present = yield* Effect.catchTag(found, "UserNotFound", () => Effect.succeed(undefined))
  if (present?.password === hash) return true
  return (yield* hasher.verify(password, present?.password)) !== "wrong"
})

/**
 * Logs in, or goes on to the second factor. An unknown address takes as long as a wrong password and is answered the same;
 * so is who is not active. Errors, first wins: LoginThrottled, HashingOverloaded, InvalidLogin, UserStoreUnavailable.
 */
export const logIn = Effect.fn("users.logIn")(function* (command: LogIn, client: string, origin: Origin) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const hasher = yield* PasswordHasher
  const password = Password.normalized(command.password)
  const user = yield* users.findByEmail(tenant, command.email)
  const device = yield* knownDevice(command.device, user?.id)
  const bounds = Lockout.boundsOf({
    user: subjectOf(tenant, command.email),
    source: Lockout.sourceOf(origin.address),
    device
  })
  yield* admitAttempt(bounds)
  const credentials = yield* users
    .credentials(user?.id ?? nobody)
    .pipe(Effect.catchTag("UserNotFound", () => Effect.succeed(undefined)))
  const verdict = yield* hasher.verify(password, credentials?.password)
  const hash = credentials?.password
  if (user?.status !== "active" || hash === undefined || verdict === "wrong") {
    yield* attemptFailed(bounds)
    return yield* Effect.fail(new InvalidLogin({}))
  }
  if (verdict === "stale") yield* Effect.ignore(rehash(user.id, hash, password))
  const step = yield* continueLogin({ user, methods: ["pwd"], client, origin, device }, bounds)
  if (yield* isStillRight(user.id, password, hash)) return step
  if (step.step === "done") yield* endOpened(step.session)
  return yield* Effect.fail(new InvalidLogin({}))
})
