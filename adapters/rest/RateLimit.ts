/** Limits how often a caller may ask; see draft-ietf-httpapi-ratelimit-headers for the headers. */
import { Clock, Effect } from "effect"

/** How many requests in how many seconds; all of them may come at once. */
export interface RateLimitPolicy {
  readonly requests: number
  readonly windowSeconds: number
}

/** What a caller has left: `remaining` requests now, all of them again after `resetSeconds`. */
export interface Quota {
  readonly isAllowed: boolean
  readonly remaining: number
  readonly resetSeconds: number
  /** Until the next request is taken; 0 if one is taken now. */
  readonly retryAfterSeconds: number
}

/** Counts requests by caller; an implementation may share its count among processes. */
export interface RateLimiter {
  readonly policy: RateLimitPolicy
  readonly take: (caller: string) => Effect.Effect<Quota>
}

/** The policy where an app names none. */
export const policyDefault: RateLimitPolicy = { requests: 6000, windowSeconds: 60 }

/** Callers remembered at a time. Beyond, the one that asked longest ago is forgotten, which only favours it. */
const callersMax = 10_000

/** Token buckets in this process: a bucket holds `requests` tokens and fills evenly over the window. */
export const tokenBuckets = (policy: RateLimitPolicy = policyDefault): RateLimiter => {
  const perMilli = policy.requests / (policy.windowSeconds * 1000)
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return {
    policy,
    take: (caller) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const bucket = buckets.get(caller) ?? { tokens: policy.requests, at: now }
        const filled = Math.min(policy.requests, bucket.tokens + Math.max(0, now - bucket.at) * perMilli)
        const isAllowed = filled >= 1
        const tokens = isAllowed ? filled - 1 : filled
        // Deleting first keeps the map in the order of the last request.
        buckets.delete(caller)
        buckets.set(caller, { tokens, at: now })
        const [oldest] = buckets.keys()
        if (buckets.size > callersMax && oldest !== undefined) buckets.delete(oldest)
        const secondsFor = (missing: number): number => Math.ceil(Math.max(0, missing) / perMilli / 1000)
        return {
          isAllowed,
          remaining: Math.floor(tokens),
          resetSeconds: secondsFor(policy.requests - tokens),
          retryAfterSeconds: isAllowed ? 0 : Math.max(1, secondsFor(1 - tokens))
        }
      })
  }
}

/** The headers that tell a caller of its quota. */
export const quotaHeaders = (policy: RateLimitPolicy, quota: Quota): Readonly<Record<string, string>> => ({
  "RateLimit-Policy": `"default";q=${policy.requests};w=${policy.windowSeconds}`,
  RateLimit: `"default";r=${quota.remaining};t=${quota.resetSeconds}`
})
