import { Effect } from "effect"
import { format } from "effect/observability/PrometheusMetrics"
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
  readonly respond: (request: Request, parameter: string) => Effect.Effect<Answer, EdgeError, RestServices>
}

const found = (type: string, body: Answer["body"], headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { "Content-Type": type, ...headers },
  body
})

const json = (value: unknown): Answer => found("application/json", JSON.stringify(value))

// Swagger UI's files change only with the deployment; an hour spares 1.5 MB a visit.
const hour = { "Cache-Control": "public, max-age=3600" }

/** Health, metrics and documentation. `ready` tells whether requests can be served now. */
export const operations = (description: JsonObject, ready: Effect.Effect<boolean>): ReadonlyArray<OpenRoute> => {
  const descriptionText = JSON.stringify(description)
  return [
    { path: "/healthz", respond: () => Effect.succeed(json({ status: "ok" })) },
    {
      path: "/readyz",
      respond: () =>
        Effect.flatMap(ready, (isReady) =>
          isReady
            ? Effect.succeed(json({ status: "ready" }))
            : Effect.fail(new EdgeError("not_ready", { headers: { "Retry-After": "1" } }))
        )
    },
    {
      path: "/metrics",
      respond: () => Effect.map(format(), (text) => found("text/plain; version=0.0.4; charset=utf-8", text))
    },
    { path: "/openapi.json", respond: () => Effect.succeed(found("application/json", descriptionText)) },
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
    { path: "/problems", respond: () => Effect.succeed(json({ items: problemPages })) },
    {
      path: "/problems/{code}",
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
}
