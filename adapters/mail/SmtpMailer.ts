/** Mail by SMTP. Nothing of a mail is logged; a refusal is told without the address. */
import { Effect, Layer } from "effect"
import { createTransport } from "nodemailer"
import { Mailer, MailUndeliverable } from "../../application/ports/Outside.ts"
import { worded } from "./Templates.ts"

export interface SmtpOptions {
  /** `smtp://` or `smtps://user:password@host:port`. */
  readonly url: string
  readonly from: string
}

/** Connections at a time, and how long each step of one may take. */
const connectionsMax = 4
const stepMillisMax = 10_000

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/u

const refusal = (cause: unknown): MailUndeliverable => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  const answer = cause instanceof Error && "responseCode" in cause ? ` ${String(cause.responseCode)}` : ""
  return new MailUndeliverable({ reason: `the mail server refused (${code}${answer})` })
}

/** Sends over at most four connections, encrypted unless the server is this machine's. */
export const layer = ({ url, from }: SmtpOptions): Layer.Layer<Mailer> =>
  Layer.effect(
    Mailer,
    Effect.gen(function* () {
      const { protocol, hostname, port, username, password } = new URL(url)
      const transport = yield* Effect.acquireRelease(
        Effect.sync(() =>
          createTransport({
            pool: true,
            maxConnections: connectionsMax,
            host: hostname,
            port: port === "" ? (protocol === "smtps:" ? 465 : 587) : Number(port),
            secure: protocol === "smtps:",
            requireTLS: protocol !== "smtps:" && !loopback.test(hostname),
            ignoreTLS: protocol !== "smtps:" && loopback.test(hostname),
            connectionTimeout: stepMillisMax,
            greetingTimeout: stepMillisMax,
            socketTimeout: stepMillisMax,
            disableFileAccess: true,
            disableUrlAccess: true,
            ...(username === ""
              ? {}
              : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } })
          })
        ),
        (opened) => Effect.sync(() => opened.close())
      )
      return Mailer.of({
        send: (to, mail) =>
          Effect.tryPromise({
            // An address given as an object is not parsed as a list, so that none can name a second one.
            try: () => transport.sendMail({ from, to: { name: "", address: to }, ...worded(mail) }),
            catch: refusal
          }).pipe(Effect.asVoid)
      })
    })
  )
