import { Effect } from "effect"
import type { User } from "../../domain/identity/index.ts"
import { type Mail, Mailer } from "../ports/Outside.ts"

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
