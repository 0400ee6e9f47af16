import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Session, User } from "../../domain/identity/index.ts"
import { SessionId, TypedId } from "../../domain/ids/index.ts"
import { Ids } from "../ports/Ids.ts"
import type { Origin } from "../ports/Origin.ts"
import { SessionStore } from "../ports/UserStore.ts"
import { rememberDevice } from "./KnownDevice.ts"
import { mailLater } from "./Mailing.ts"

/** A login that is done. `device` is a secret for the device to keep and send with its next login. */
export const LoggedIn = Schema.Struct({ session: Session.Session, user: User.User, device: Schema.String })
export type LoggedIn = typeof LoggedIn.Type

/** Who logs in, by what, in which app; `device` is the digest of its device's secret, where it is known. */
export interface Login {
  readonly user: User.User
  readonly methods: ReadonlyArray<Session.AuthenticationMethod>
  readonly client: string
  readonly origin: Origin
  readonly device: string | undefined
}

/**
 * Opens a session for a user who has proved who it is, and who gets a mail if the device is new. Errors:
 * UserStoreUnavailable.
 */
export const openSession = Effect.fn("users.openSession")(function* (login: Login) {
  const { user, methods, client, origin, device } = login
  const sessions = yield* SessionStore
  const ids = yield* Ids
  const millis = yield* Clock.currentTimeMillis
  const seenAs = {
    ...(origin.address === undefined ? {} : { address: origin.address }),
    ...(origin.userAgent === undefined ? {} : { userAgent: origin.userAgent })
  }
  const id = SessionId.make(TypedId.fromBytes("ses", ids.next(millis)))
  const session = Session.start({ id, user: user.id, client, methods, ...seenAs }, Instant.fromMillis(millis))
  yield* sessions.insert(session)
  const secret = yield* rememberDevice(user.id, device)
  if (device === undefined) yield* mailLater(user.email, { template: "new_login", ...seenAs })
  return { session, user, device: secret } satisfies LoggedIn
})

/** Ends a session of which nobody was told yet. Errors: UserStoreUnavailable. */
export const endOpened = Effect.fnUntraced(function* ({ id, user }: Session.Session) {
  const sessions = yield* SessionStore
  yield* sessions.revoke(user, { only: id }, Instant.fromMillis(yield* Clock.currentTimeMillis))
})
