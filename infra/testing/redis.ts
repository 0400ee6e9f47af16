import { randomBytes } from "node:crypto"
import { Redis } from "ioredis"
import { sharedRedis } from "./services.ts"

/** A part of Redis for one test file. */
export interface Keyspace {
  readonly url: string
  /** What every key of the file must begin with: the server is shared. */
  readonly prefix: string
  /** Removes the keys that begin with the prefix. Call it once. */
  drop(): Promise<void>
}

/** Keys asked for in one round trip while cleaning up. */
const scanCount = 1000

/** Gives a random key prefix in the Redis of this test run. Throws an error that says what to do when there is none. */
export const createKeyspace = async (): Promise<Keyspace> => {
  const { url } = await sharedRedis.acquire()
  const prefix = `test:${randomBytes(8).toString("hex")}:`
  return {
    url,
    prefix,
    drop: async () => {
      const redis = new Redis(url)
      try {
        let cursor = "0"
        do {
          const [next, keys] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", scanCount)
          if (keys.length > 0) await redis.unlink(...keys)
          cursor = next
        } while (cursor !== "0")
      } finally {
        redis.disconnect()
        sharedRedis.release()
      }
    }
  }
}
