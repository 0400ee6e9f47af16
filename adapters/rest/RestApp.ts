/** The REST edge: every route in one list, one way to serve them, and one answer to everything else. */
import { Effect } from "effect"
import { Elysia } from "elysia"
import { EdgeError } from "./EdgeError.ts"
import type { Endpoint } from "./Endpoint.ts"
import { type Cors, preflightHeaders } from "./Headers.ts"
import { openApi } from "./OpenApi.ts"
import { type RateLimiter, tokenBuckets } from "./RateLimit.ts"
import { accounts } from "./routes/accounts.ts"
import { approvals } from "./routes/approvals.ts"
import { audit } from "./routes/audit.ts"
import { clients } from "./routes/clients.ts"
import { delegations } from "./routes/delegations.ts"
import { deposits } from "./routes/deposits.ts"
import { factors } from "./routes/factors.ts"
import { federation } from "./routes/federation.ts"
import { holds } from "./routes/holds.ts"
import { kyc } from "./routes/kyc.ts"
import { operations } from "./routes/operations.ts"
import { passwords } from "./routes/passwords.ts"
import { proofs } from "./routes/proofs.ts"
import { sessions } from "./routes/sessions.ts"
import { statements } from "./routes/statements.ts"
import { transactions } from "./routes/transactions.ts"
import { transfers } from "./routes/transfers.ts"
import { users } from "./routes/users.ts"
import { answer, type Edge, type Runtime, serve } from "./Serve.ts"

/** Every endpoint of the bank, with a token and without. */
export const endpoints: ReadonlyArray<Endpoint> = [
  ...accounts,
  ...deposits,
  ...transfers,
  ...transactions,
  ...holds,
  ...statements,
  ...proofs,
  ...users,
  ...passwords,
  ...sessions,
  ...factors,
  ...kyc,
  ...federation,
  ...delegations,
  ...approvals,
  ...audit,
  ...clients
]

export interface RestOptions {
  readonly runtime: Runtime
  /** Whether requests can be served now; always, unless given. */
  readonly ready?: Effect.Effect<boolean>
  /** Comes back when the app is to stop: who follows something is let go. Never, unless given. */
  readonly stopping?: Effect.Effect<void>
  readonly rateLimiter?: RateLimiter
  /** Where the world reaches this edge, such as `https://api.bank.example`; problem types start with it. */
  readonly publicUrl?: string
  /** Sites whose pages may call the API; none unless given. */
  readonly cors?: Cors
  /** The address that a request came from; unknown unless given. */
  readonly addressOf?: (request: Request) => string | undefined
}

const pathFor = (path: string): string => path.replaceAll(/\{(\w+)\}/gu, ":$1")

const allowed = (routes: ReadonlyArray<{ readonly method: string; readonly path: string }>) => {
  const patterns = routes.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/gu, "[^/]+")}/?$`, "u")
  }))
  return (path: string): string => {
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (methods.length === 0) return ""
    return [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].join(", ")
  }
}

/** The REST edge as an Elysia app: `.listen(8080)` serves it, `.handle(request)` answers one request. */
export const restApp = (options: RestOptions) => {
  const { runtime, rateLimiter = tokenBuckets(), ready = Effect.succeed(true), cors } = options
  const edge: Edge = {
    runtime,
    limiter: rateLimiter,
    stopping: options.stopping ?? Effect.never,
    publicUrl: (options.publicUrl ?? "").replace(/\/+$/u, ""),
    cors,
    addressOf: options.addressOf ?? (() => undefined)
  }
  const open = operations((routes) => openApi(endpoints, routes, edge.publicUrl), ready)
  const allowOf = allowed([...endpoints, ...open.map(({ path }) => ({ method: "GET", path }))])

  // Bun's own router would take other paths than `handle` does, and short host names are misread without the last one.
  const app = new Elysia({ systemRouter: false, nativeStaticResponse: false, handler: { standardHostname: false } })
  // Elysia applies a hook to the routes that come after it.
  app.onError(({ request, error }) => answer(edge, "unmatched", request, () => Effect.die(error)))
  for (const endpoint of endpoints)
    app.route(
      endpoint.method,
      pathFor(endpoint.path),
      ({ request, params }) => serve(edge, endpoint, request, params),
      {
        parse: "none"
      }
    )
  for (const { path, respond } of open)
    app.get(pathFor(path), ({ request, params }) => {
      // A path without parameters has no `params` at all.
      const [parameter] = Object.values<unknown>(params ?? {})
      return answer(edge, path, request, () => respond(request, typeof parameter === "string" ? parameter : ""))
    })
  const unmatched = (request: Request) =>
    answer(edge, "unmatched", request, () => {
      const allow = allowOf(new URL(request.url).pathname)
      if (allow === "") return Effect.fail(new EdgeError("route_not_found"))
      if (request.method !== "OPTIONS")
        return Effect.fail(new EdgeError("method_not_allowed", { headers: { Allow: allow } }))
      return Effect.succeed({
        status: 204,
        headers: { Allow: allow, ...preflightHeaders(cors, request, allow) },
        body: null
      })
    })
  app.all("/*", ({ request }) => unmatched(request), { parse: "none" })
  return app
}
