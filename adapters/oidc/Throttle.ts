/** Bounds how often one address may ask; in this process, by token buckets. */

/** Addresses remembered at a time; beyond, the one that asked longest ago is forgotten, which only favours it. */
const addressesMax = 10_000

const minuteMillis = 60_000

/** Takes a request of an address at a time in epoch milliseconds; false where it asks too often. */
export type Throttle = (address: string, nowMillis: number) => boolean

export const throttleOf = (perMinuteMax: number): Throttle => {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return (address, now) => {
    const bucket = buckets.get(address) ?? { tokens: perMinuteMax, at: now }
    const filled = bucket.tokens + (Math.max(0, now - bucket.at) * perMinuteMax) / minuteMillis
    const tokens = Math.min(perMinuteMax, filled)
    const isTaken = tokens >= 1
    // Deleting first keeps the map in the order of the last request.
    buckets.delete(address)
    buckets.set(address, { tokens: isTaken ? tokens - 1 : tokens, at: now })
    const [oldest] = buckets.keys()
    if (buckets.size > addressesMax && oldest !== undefined) buckets.delete(oldest)
    return isTaken
  }
}
