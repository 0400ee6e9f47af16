/** The RPC server: Connect, gRPC and gRPC-Web over HTTP/1.1 and HTTP/2 on one cleartext port, with health and reflection. */
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Effect, Schema, type Scope } from "effect"
import type { Authenticator } from "../../application/ports/Caller.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import { Health as HealthService } from "../../proto/gen/grpc/health/v1/health_pb.ts"
import { addressKey, gate } from "./Authentication.ts"
import { makeHealth } from "./Health.ts"
import { listen } from "./Listener.ts"
import { openPerMinuteMax, openRate } from "./OpenRate.ts"
import { registerReflection } from "./Reflection.ts"
import { stoppingBy } from "./Stopping.ts"
import type { RpcService } from "./Unary.ts"

/** The largest message that is read, after decompression; a larger one is `resource_exhausted`. */
export const messageBytesMax = 4 * 1024 * 1024

/** The port cannot be listened on: another process has it, or it is not allowed. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {}

export interface Options {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** How long a stop waits for the requests that were taken; 10 seconds unless given. */
  readonly graceMillis?: number
  /** How long a connection stays open on which nothing is asked; a minute unless given. */
  readonly idleMillis?: number
  /** Whose request it is, by its `X-Forwarded-For` and the peer of its connection: the peer's unless given. */
  readonly addressOf?: (forwardedFor: string | undefined, peer: string | undefined) => string | undefined
  /** How often one source may ask in a minute for what takes no token; 600 times unless given. */
  readonly openPerMinuteMax?: number
}

/** A server that takes requests until its scope closes. */
export interface RpcServer {
  readonly port: number
  /** What health answers; a server starts as serving. */
  readonly setServing: (serving: boolean) => void
}

/**
 * Serves the services until the scope closes; then health says so, nothing more is taken, streams without end are ended,
 * what else was taken is answered within the grace, and the rest is cancelled.
 */
export const serve = Effect.fn("rpc.serve")(function* <R>(
  services: ReadonlyArray<RpcService<R>>,
  options: Options
): Effect.fn.Return<RpcServer, ListenFailed, R | Authenticator | Terms | Scope.Scope> {
  const context = yield* Effect.context<R | Authenticator | Terms>()
  const { host, port, graceMillis = 10_000, idleMillis, addressOf = (_, peer) => peer } = options
  const health = makeHealth(services.map(({ desc }) => desc.typeName))
  const rate = openRate(options.openPerMinuteMax ?? openPerMinuteMax)
  const stopping = new AbortController()
  const shutdown = new AbortController()
  const handler = connectNodeAdapter({
    readMaxBytes: messageBytesMax,
    shutdownSignal: shutdown.signal,
    contextValues: ({ socket, headers }) => {
      const address = addressOf([headers["x-forwarded-for"]].flat().join(",") || undefined, socket.remoteAddress)
      return stoppingBy(stopping.signal).set(addressKey, address)
    },
    routes: (router) => {
      for (const service of services)
        service.register(router, context, { requestGate: gate(context, new Set(service.open), rate) })
      health.register(router)
      registerReflection(router, [...services.map(({ desc }) => desc), HealthService])
    }
  })
  const listener = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => listen(handler, { host, port, ...(idleMillis === undefined ? {} : { idleMillis }) }),
      catch: (error) => new ListenFailed({ host, port, reason: error instanceof Error ? error.message : String(error) })
    }),
    (opened) =>
      Effect.gen(function* () {
        health.stop()
        stopping.abort()
        const answered = yield* Effect.promise(() => opened.close(graceMillis))
        shutdown.abort()
        if (!answered) yield* Effect.logWarning("requests cut off by the stop of the server", { graceMillis })
      })
  )
  return { port: listener.port, setServing: health.setServing }
})
