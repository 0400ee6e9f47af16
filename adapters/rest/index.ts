/**
 * The bank over HTTP and JSON. `routes/` declares what there is, `Endpoint.ts` says what a declaration holds, `Serve.ts`
 * is how each request is answered; what the bank does stands in `application/`.
 */
export type { RestServices } from "./Endpoint.ts"
export type { Cors } from "./Headers.ts"
export { type Quota, type RateLimiter, type RateLimitPolicy, tokenBuckets } from "./RateLimit.ts"
export { type RestOptions, restApp } from "./RestApp.ts"
export type { Runtime } from "./Serve.ts"
