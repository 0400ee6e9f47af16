/** The port of the login pages, OAuth 2 and OpenID Connect. */
import { createServer, type RequestListener } from "node:http"
import { Effect, Ref } from "effect"
import { PortTaken } from "./Rest.ts"

/** How long a stop waits for the requests that were taken. */
const graceMs = 5000

const unavailable: RequestListener = (_, response) => {
  response.writeHead(503, { "retry-after": "1" }).end()
}

/**
 * Listens until the scope closes, and answers 503 until `serveBy` says by what: the provider's address, which has the port,
 * has to be known before there is a provider.
 */
export const authServer = Effect.fn("bank.auth")(function* (options: { readonly host: string; readonly port: number }) {
  const { host, port } = options
  const handler = yield* Ref.make<RequestListener>(unavailable)
  const server = createServer((request, response) => Ref.getUnsafe(handler)(request, response))
  server.requestTimeout = 30_000
  const listening = Effect.callback<number, PortTaken>((resume) => {
    server.once("error", (error) =>
      resume(Effect.fail(new PortTaken({ setting: "BANK_AUTH_PORT", host, port, reason: error.message })))
    )
    server.listen(port, host, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })
  const bound = yield* Effect.acquireRelease(listening, () =>
    Effect.callback<void>((resume) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      server.close(() => {
        clearTimeout(cut)
        resume(Effect.void)
      })
      server.closeIdleConnections()
    })
  )
  return { port: bound, serveBy: (listener: RequestListener) => Ref.set(handler, listener) }
})
