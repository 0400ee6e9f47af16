import { Context, Effect, Layer } from "effect"
import { type Mail, Mailer } from "../../application/ports/Outside.ts"
import type { User } from "../../domain/identity/index.ts"

/** A mail that was sent. */
export interface SentMail {
  readonly to: User.Email
  readonly mail: Mail
}

/** What was sent so far, oldest first. */
export class Inbox extends Context.Service<Inbox, { readonly all: () => ReadonlyArray<SentMail> }>()(
  "bank/adapters/memory/Inbox"
) {}

/** Keeps every mail, for tests to read. */
export const layer: Layer.Layer<Mailer | Inbox> = Layer.effectContext(
  Effect.sync(() => {
    const sent: Array<SentMail> = []
    return Context.make(
      Mailer,
      Mailer.of({
        send: (to, mail) =>
          Effect.sync(() => {
            sent.push({ to, mail })
          })
      })
    ).pipe(Context.add(Inbox, Inbox.of({ all: () => sent })))
  })
)
