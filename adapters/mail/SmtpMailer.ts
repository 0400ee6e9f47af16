/** Mail by SMTP. Nothing of a mail is logged; a refusal is told without the address. */
import { Effect, Layer } from "effect"
import { createTransport } from "nodemailer"
import { Mailer, MailUndeliverable } from "../../application/ports/Outside.ts"
import { message } from "./Templates.ts"

export interface SmtpOptions {
  /** `smtp://` or `smtps://user:password@host:port`. */
  readonly url: string
  readonly from: string
}

/** Connections at a time, and how long each step of one may take. */
const connectionsMax = 4
const stepMillisMax = 10_000

/** Mails on their way or waiting for a connection; one more is refused. */
const presentMax = 1000

const loopback = /^(localhost|127(\.\d+){3}|::1)$/u

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
      // A URL has brackets around an IPv6 address, a connection has none.
      const host = hostname.replaceAll(/[[\]]/gu, "")
      const transport = yield* Effect.acquireRelease(
        Effect.sync(() =>
          createTransport({
            pool: true,
            maxConnections: connectionsMax,
            host,
            port: port === "" ? (protocol === "smtps:" ? 465 : 587) : Number(port),
            secure: protocol === "smtps:",
            requireTLS: protocol !== "smtps:" && !loopback.test(host),
            ignoreTLS: protocol !== "smtps:" && loopback.test(host),
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
      let present = 0
      return Mailer.of({
        send: (to, mail) =>
          Effect.suspend(() => {
            if (present >= presentMax) return Effect.fail(new MailUndeliverable({ reason: "too many mails wait" }))
            present++
            // Sending cannot be stopped: who gives up is counted until it ends.
            const send = () => transport.sendMail(message(from, to, mail)).finally(() => present--)
            return Effect.tryPromise({ try: send, catch: refusal }).pipe(Effect.asVoid)
          })
      })
    })
  )
