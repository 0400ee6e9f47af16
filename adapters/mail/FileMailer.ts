/** Mail for development: each a file that mail programs open, named by its time, readable by its owner only. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Clock, Effect, Layer } from "effect"
import { createTransport } from "nodemailer"
import { type Mail, Mailer, MailUndeliverable } from "../../application/ports/Outside.ts"
import type { User } from "../../domain/identity/index.ts"
import { message } from "./Templates.ts"

/** Writes mails into a folder, which is made when the first one is sent. */
export const layer = ({ folder, from }: { readonly folder: string; readonly from: string }): Layer.Layer<Mailer> =>
  Layer.sync(Mailer, () => {
    const transport = createTransport({ streamTransport: true, buffer: true })
    let sent = 0
    const write = async (to: User.Email, mail: Mail, millis: number): Promise<void> => {
      const made = await transport.sendMail(message(from, to, mail))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const time = new Date(millis).toISOString().replaceAll(":", "-")
      const name = `${time}-${String(++sent).padStart(6, "0")}-${mail.template}.eml`
      await writeFile(join(folder, name), made.message, { mode: 0o600, flag: "wx" })
    }
    return Mailer.of({
      send: (to, mail) =>
        Effect.flatMap(Clock.currentTimeMillis, (millis) =>
          Effect.tryPromise({
            try: () => write(to, mail, millis),
            catch: () => new MailUndeliverable({ reason: "the folder for mails cannot be written" })
          })
        )
    })
  })
