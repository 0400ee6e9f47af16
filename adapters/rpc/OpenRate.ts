/** Bounds how often one source may ask for what takes no token, in this process: each such call may write, mail or hash. */
import { Code, ConnectError } from "@connectrpc/connect"
import { Clock, Effect } from "effect"
import { Lockout } from "../../domain/identity/index.ts"

/** Calls that a source may make in a minute, all at once too. */
export const openPerMinuteMax = 600

/** Sources remembered at a time; beyond, the one that asked longest ago is forgotten, which only favours it. */
const sourcesMax = 10_000

const refused = (): ConnectError =>
  new ConnectError("too many requests from this address", Code.ResourceExhausted, { "retry-after": "1" })

/** Takes a call from an address, or fails where its source asks too often. */
export const openRate = (perMinuteMax: number) => {
  const perMilli = perMinuteMax / 60_000
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return Effect.fnUntraced(function* (address: string | undefined) {
    const source = Lockout.sourceOf(address)
    const now = yield* Clock.currentTimeMillis
    const { tokens, at } = buckets.get(source) ?? { tokens: perMinuteMax, at: now }
    const filled = Math.min(perMinuteMax, tokens + Math.max(0, now - at) * perMilli)
    // Deleting first keeps the map in the order of the last call.
    buckets.delete(source)
    buckets.set(source, { tokens: filled >= 1 ? filled - 1 : filled, at: now })
    const [oldest] = buckets.keys()
    if (buckets.size > sourcesMax && oldest !== undefined) buckets.delete(oldest)
    if (filled < 1) return yield* Effect.fail(refused())
  })
}
