/**
 * Proof that the search can find something: in every run a value of its own is left in each place and each encoding, and
 * every one of them has to be found.
 */
import { randomBytes } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Redis } from "ioredis"
import type postgres from "postgres"
import { encoded, encodings } from "./Encodings.ts"
import type { Hit } from "./Search.ts"
import type { Secret } from "./Values.ts"

/** A value that is left in one encoding in one place. */
interface Canary {
  readonly place: string
  readonly encoding: string
  readonly secret: Secret
}

/** Texts of 3 bytes whose base64 has the characters in which its alphabets differ, and a letter beyond ASCII. */
const telling = "???>>>Ü"

/** A value whose hash is not the same in both alphabets of base64. */
const valueFor = (): string => {
  const value = `${randomBytes(9).toString("hex")}${telling}`
  const [standard = "", url = ""] = ["SHA-256 base64", "SHA-256 base64url"].map((each) => String(encoded(each, value)))
  return standard === url ? valueFor() : value
}

const canary = (place: string, encoding: string): Canary => ({
  place,
  encoding,
  secret: { field: `canary of ${place} in ${encoding}`, value: valueFor(), isGuessable: true }
})

/** Those of a place, each in front of what makes a row or a line of it. */
const left = (canaries: ReadonlyArray<Canary>): ReadonlyArray<Buffer> =>
  canaries.map(({ encoding, secret }) => {
    const at = Number(/ at (\d)$/u.exec(encoding)?.[1] ?? 0)
    const isWhole = encoding.startsWith("base64")
    const alphabet = encoding.startsWith("base64url") ? "base64url" : "base64"
    // As a part of something longer, as it would be found.
    return isWhole
      ? Buffer.from(Buffer.concat([Buffer.alloc(at, "x"), Buffer.from(`${secret.value}yy`)]).toString(alphabet))
      : Buffer.from(encoded(encoding, secret.value))
  })

/** Places in which canaries are left as bytes; what is a log takes the same bytes. */
const places = {
  table: "table public.canary",
  bytes: "table public.canary, bytes",
  data: "data files",
  wal: "write-ahead log",
  server: "postgres.log",
  output: "output of the bank",
  file: "canary",
  redis: "Redis"
} as const

/** What PostgreSQL takes as text: anything but zeros and broken UTF-8. */
const isText = (encoding: string): boolean => encoding !== "UTF-16LE" && encoding !== "SHA-256 bytes"

export const canaries = () => {
  const of = (place: string, isPossible: (encoding: string) => boolean = () => true) =>
    encodings.filter(isPossible).map((encoding) => canary(place, encoding))
  const inTable = of(places.table, isText)
  const inBytes = of(places.bytes)
  const inData = of(places.data)
  const inWal = of(places.wal)
  const inServer = of(places.server, isText)
  const inOutput = of(places.output)
  const inFile = of(places.file)
  const inRedis = of(places.redis)
  const all = [...inTable, ...inBytes, ...inData, ...inWal, ...inServer, ...inOutput, ...inFile, ...inRedis]
  const key = `canary:${randomBytes(8).toString("hex")}`

  /** The rows that go stay in the log of writes, and those that stay in the data files. */
  const inDatabase = async (sql: postgres.Sql): Promise<void> => {
    await sql`create table canary (line text, raw bytea)`
    for (const line of left(inTable)) await sql`insert into canary (line) values (${line.toString()})`
    for (const raw of left([...inBytes, ...inData])) await sql`insert into canary (raw) values (${raw})`
    for (const raw of left(inWal)) await sql`insert into canary (raw) values (${raw})`
    for (const line of left(inServer)) {
      const text = line.toString().replaceAll("'", "''")
      await sql.unsafe(`do $canary$ begin raise log '%', '${text}'; end $canary$`)
    }
  }

  return {
    secrets: all.map(({ secret }) => secret),
    count: all.length,
    inDatabase,
    inOutput: () => Buffer.concat(left(inOutput).flatMap((each) => [each, Buffer.from("\n")])),
    inFile: (dataDir: string) =>
      writeFile(join(dataDir, places.file), Buffer.concat(left(inFile).flatMap((each) => [each, Buffer.from("\n")]))),
    inRedis: async (redis: Redis) => {
      await redis.rpush(key, ...left(inRedis))
    },
    /** Those of Redis go at once: it is others' as well. */
    outOfRedis: (redis: Redis) => redis.del(key),
    /** Which were not found; those of Redis are not asked for where there is none. */
    missed: (hits: ReadonlyArray<Hit>, hasRedis: boolean): ReadonlyArray<string> => {
      const found = new Set(hits.map(({ place, field, encoding }) => `${place}\n${field}\n${encoding}`))
      return all
        .filter(({ place }) => hasRedis || place !== places.redis)
        .filter(({ place, encoding, secret }) => !found.has(`${place}\n${secret.field}\n${encoding}`))
        .map(({ secret }) => secret.field)
    },
    isCanary: ({ field }: Hit) => field.startsWith("canary of ")
  }
}
