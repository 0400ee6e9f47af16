import { Effect } from "effect"
import type { User } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { type FactorChange, type Mail, Mailer } from "../ports/Outside.ts"
import { UserStore } from "../ports/UserStore.ts"

/** How long a mail that nobody waits for is tried to be handed over. */
const patience = "30 seconds"

/**
 * Sends a mail without keeping the answer waiting, so that neither the time that it takes nor its failure tells or changes
 * anything. Who has no address any more gets none.
 */
export const mailLater = Effect.fnUntraced(function* (to: User.Email | undefined, mail: Mail) {
  if (to === undefined) return
  const mailer = yield* Mailer
  const sent = mailer.send(to, mail).pipe(
    Effect.timeout(patience),
    Effect.catch((error) =>
      Effect.logWarning("a mail could not be sent", { template: mail.template, reason: error._tag })
    )
  )
  yield* Effect.forkDetach(sent, { startImmediately: true })
})

/** Tells a user by mail how its way to log in has changed; whatever comes of that, the change is done. */
export const tellOfChange = Effect.fnUntraced(function* (user: UserId, change: FactorChange) {
  const users = yield* UserStore
  yield* users.find(user).pipe(
    Effect.flatMap(({ email }) => mailLater(email, { template: "factor_changed", change })),
    Effect.catch(({ _tag }) => Effect.logWarning("a change was not told by mail", { change, reason: _tag }))
  )
})
