import { Effect, Latch, Schema } from "effect"
import { type RestServices, restApp, tokenBuckets } from "../../adapters/rest/index.ts"
import { addressIn } from "./ClientAddress.ts"

/** The port cannot be listened on: another process has it, or it is not allowed. */
export class PortTaken extends Schema.TaggedError<PortTaken>()("PortTaken", {
  setting: Schema.String,
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.setting}: cannot listen on ${this.host}:${this.port} (${this.reason}); stop what does, or choose another port.`
  }
}

/** The rate limit counts over this window, so that a caller may be busy for a moment. */
const windowSeconds = 10

/** How long a stop waits for the requests that were taken. */
const graceMs = 10_000

/**
 * Serves the REST API until the scope closes; then nothing more is taken, what was taken is answered, and who follows
 * entries is let go at once.
 */
export const serveRest = Effect.fn("bank.rest")(function* (options: {
  readonly host: string
  readonly port: number
  readonly requestsPerSecond: number
  readonly publicUrl: string | undefined
  readonly trustedProxies: number
  readonly ready: Effect.Effect<boolean>
}) {
  const context = yield* Effect.context<RestServices>()
  const { host, port, requestsPerSecond, publicUrl, trustedProxies, ready } = options
  const addresses = new WeakMap<Request, string>()
  const stopping = yield* Latch.make(false)
  const app = restApp({
    runtime: { runPromiseExit: (effect) => Effect.runPromiseExitWith(context)(effect) },
    ready,
    stopping: stopping.await,
    addressOf: (request) => addresses.get(request),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    rateLimiter: tokenBuckets({ requests: requestsPerSecond * windowSeconds, windowSeconds })
  })
  const listen = Effect.try({
    try: () =>
      Bun.serve({
        hostname: host,
        port,
        development: false,
        fetch: (request, from) => {
          const peer = from.requestIP(request)?.address
          const address = addressIn(request.headers.get("x-forwarded-for") ?? undefined, peer, trustedProxies)
          if (address !== undefined) addresses.set(request, address)
          return app.handle(request)
        }
      }),
    catch: (error) =>
      new PortTaken({
        setting: "BANK_REST_PORT",
        host,
        port,
        reason: error instanceof Error ? error.message : String(error)
      })
  })
  const server = yield* Effect.acquireRelease(listen, (opened) =>
    Effect.andThen(
      stopping.open,
      Effect.promise(async () => {
        await Promise.race([opened.stop(false), Bun.sleep(graceMs)])
        await opened.stop(true)
      })
    )
  )
  return { port: server.port ?? port }
})
