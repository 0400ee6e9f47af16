import { Effect, Schema } from "effect"
import { format } from "effect/observability/PrometheusMetrics"
import { getPublicKey, PublicKey } from "../../../application/proofs/index.ts"
import { docsAsset, docsPage, docsPolicy } from "../Docs.ts"
import { EdgeError } from "../EdgeError.ts"
import type { RestServices } from "../Endpoint.ts"
import { accepts } from "../Headers.ts"
import type { JsonObject } from "../Json.ts"
import { problemHtml, problemPage, problemPages } from "../ProblemPages.ts"
import type { Answer } from "../Serve.ts"

/** A route that anyone may read without a token. `parameter` is the value of the path's only parameter. */
export interface OpenRoute {
  readonly path: string
  /** What the API description says of it; the pages for people are left out there. */
  readonly described?: { readonly operationId: string; readonly summary: string; readonly type: string }
  readonly respond: (request: Request, parameter: string) => Effect.Effect<Answer, EdgeError, RestServices>
}

const found = (type: string, body: Answer["body"], headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { "Content-Type": type, ...headers },
  body
})

const json = (value: unknown): Answer => found("application/json", JSON.stringify(value))

const encodeKey = Schema.encodeSync(PublicKey)

// Swagger UI's files change only with the deployment; an hour spares 1.5 MB a visit.
const hour = { "Cache-Control": "public, max-age=3600" }

const prometheusText = "text/plain; version=0.0.4; charset=utf-8"

const described = (operationId: string, summary: string, type = "application/json") => ({ operationId, summary, type })

/**
 * Health, metrics, the bank's public key and documentation. `describe` makes the API description, once, of these routes and the endpoints;
 * `ready` tells whether requests can be served now.
 */
export const operations = (
  describe: (open: ReadonlyArray<OpenRoute>) => JsonObject,
  ready: Effect.Effect<boolean>
): ReadonlyArray<OpenRoute> => {
  const routes: ReadonlyArray<OpenRoute> = [
    {
      path: "/healthz",
      described: described("getHealth", "Whether the process is alive"),
      respond: () => Effect.succeed(json({ status: "ok" }))
    },
    {
      path: "/readyz",
      described: described("getReadiness", "Whether requests can be served now; 503 if not"),
      respond: () =>
        Effect.flatMap(ready, (isReady) =>
          isReady
            ? Effect.succeed(json({ status: "ready" }))
            : Effect.fail(new EdgeError("not_ready", { headers: { "Retry-After": "1" } }))
        )
    },
    {
      path: "/metrics",
      described: described("getMetrics", "Metrics as Prometheus reads them", prometheusText),
      respond: () => Effect.map(format(), (text) => found(prometheusText, text))
    },
    {
      path: "/openapi.json",
      described: described("getApiDescription", "This description"),
      respond: () => Effect.succeed(found("application/json", description))
    },
    {
      path: "/.well-known/ledger-key.json",
      described: described("getPublicKey", "The key that verifies the bank's tree heads"),
      respond: () => Effect.map(getPublicKey(), (key) => json(encodeKey(key)))
    },
    {
      path: "/docs",
      respond: () =>
        Effect.succeed(found("text/html; charset=utf-8", docsPage, { "Content-Security-Policy": docsPolicy }))
    },
    {
      path: "/docs/{file}",
      respond: (_, name) => {
        const asset = docsAsset(name)
        return asset === undefined
          ? Effect.fail(new EdgeError("route_not_found"))
          : Effect.succeed(found(asset.type, asset.body, hour))
      }
    },
    {
      path: "/problems",
      described: described("listProblems", "Every error code, with what to do about it"),
      respond: () => Effect.succeed(json({ items: problemPages }))
    },
    {
      path: "/problems/{code}",
      described: described("getProblem", "What an error code means; the address is the type of its problems"),
      respond: (request, code) => {
        const page = problemPage(code)
        if (page === undefined) return Effect.fail(new EdgeError("problem_not_found"))
        const accept = request.headers.get("accept") ?? ""
        return Effect.succeed(
          accept.includes("text/html") && accepts(accept, "text/html")
            ? found("text/html; charset=utf-8", problemHtml(page))
            : json(page)
        )
      }
    }
  ]
  const description = JSON.stringify(describe(routes))
  return routes
}
