/** Headers of every answer: nothing may sniff, frame or keep what a bank says, and no other site may read it. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY"
}

/** Sites whose pages may call this API from a browser; none unless an app names them. */
export interface Cors {
  /** Exact origins such as `https://console.example`. */
  readonly origins: ReadonlyArray<string>
}

const exposed = "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"

/** The headers that let a page of a permitted origin read an answer. */
export const corsHeaders = (cors: Cors | undefined, request: Request): Readonly<Record<string, string>> => {
  if (cors === undefined) return {}
  const origin = request.headers.get("origin")
  if (origin === null || !cors.origins.includes(origin)) return { Vary: "Origin" }
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Expose-Headers": exposed,
    "Cross-Origin-Resource-Policy": "cross-origin"
  }
}

/** What a preflight of a permitted origin is told on top. */
export const preflightHeaders = (
  cors: Cors | undefined,
  request: Request,
  allow: string
): Readonly<Record<string, string>> =>
  corsHeaders(cors, request)["Access-Control-Allow-Origin"] === undefined
    ? {}
    : {
        "Access-Control-Allow-Methods": allow,
        "Access-Control-Allow-Headers":
          "Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, Last-Event-ID, X-Reason",
        "Access-Control-Max-Age": "600"
      }

/** How much a client that sends this `Accept` wants `type`, 0 to 1 (RFC 9110, 12.5.1); the most specific range decides. */
const weightOf = (accept: string | null, type: string): number => {
  if (accept === null || accept.trim() === "") return 1
  const [main = ""] = type.split("/")
  let best = { rank: 0, q: 0 }
  for (const range of accept.split(",").slice(0, 50)) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase())
    const rank = name === type ? 3 : name === `${main}/*` ? 2 : name === "*/*" ? 1 : 0
    const weight = parameters.find((parameter) => parameter.startsWith("q="))
    const q = weight === undefined ? 1 : Number(weight.slice(2))
    if (rank > best.rank) best = { rank, q: Number.isNaN(q) ? 0 : q }
  }
  return best.q
}

/** Whether a client that sends this `Accept` takes `type`. */
export const accepts = (accept: string | null, type: string): boolean => weightOf(accept, type) > 0

/** The type that a client wants most, of several the first; undefined where it takes none. */
export const preferred = (accept: string | null, types: ReadonlyArray<string>): string | undefined => {
  let best: { readonly type?: string; readonly weight: number } = { weight: 0 }
  for (const type of types) {
    const weight = weightOf(accept, type)
    if (weight > best.weight) best = { type, weight }
  }
  return best.type
}
