/** Everywhere that a value could be left: tables, files of the cluster with its log of writes, logs, Redis. */
import type { Dirent } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { Redis } from "ioredis"
import type postgres from "postgres"
import type { Search } from "./Search.ts"
import { recordsOf, tailBytes } from "./Wal.ts"

/**
 * Files of the data directory that are not looked at, by name: secrets of the operator, which only its user can read, and
 * mail, which stands for what has left the bank.
 */
export const excepted: ReadonlyMap<string, string> = new Map([
  ["mail", "mails, as their receivers have them"],
  ["master-keys", "wraps the keys of personal data; its owner's alone"],
  ["cookie-keys", "signs cookies; its owner's alone"],
  ["signing-key", "signs tree heads; its owner's alone"],
  ["demo-password", "the password of the demo's logins; its owner's alone"],
  ["password", "of the embedded PostgreSQL's superuser; its owner's alone"],
  ["token", "the development token; its owner's alone"]
])

/** Rows of a table in one round trip. */
const rowsMax = 1000

const hexadecimal = /\\x((?:[0-9a-f]{2})+)/gu

/** A text of PostgreSQL, and every `bytea` in it as the bytes that it stands for. */
const inText = (search: Search, place: string, text: string): void => {
  search.in(place, Buffer.from(text))
  const decoded = [...text.matchAll(hexadecimal)].map(([, hex = ""]) => Buffer.from(hex, "hex"))
  // Parted by a zero, so that no value is put together from two.
  if (decoded.length > 0)
    search.in(`${place}, bytes`, Buffer.concat(decoded.flatMap((bytes) => [bytes, Buffer.alloc(1)])))
}

interface Table {
  readonly schema: string
  readonly name: string
  readonly columns: ReadonlyArray<string>
}

/** Parts the columns of a row. */
const separator = "\u0001"

/** What the server knows of its own work besides the tables. */
const views = ["pg_stats", "pg_stat_activity", "pg_prepared_statements", "pg_file_settings"]

/** Every column of every table as text, and what the server tells about statements and statistics. */
export const tables = async (sql: postgres.Sql, search: Search): Promise<number> => {
  const all = await sql<Array<Table>>`
    select n.nspname as schema, c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
      or n.nspname = 'pg_catalog' and c.relname = any (${views})
    group by 1, 2 order by 1, 2`
  for (const { schema, name, columns } of all) {
    const texts = columns.map((column) => `t."${column}"::text`)
    const row = sql.unsafe(`concat_ws('${separator}', ${texts.join(", ")})`)
    const rows = sql<Array<{ readonly stored: string }>>`select ${row} as stored from ${sql(schema)}.${sql(name)} t`
    await rows.cursor(rowsMax, (page) => {
      inText(search, `table ${schema}.${name}`, page.map(({ stored }) => stored).join("\n"))
    })
  }
  return all.length
}

/** Where a file of the data directory is counted: most of a cluster's files have no names that tell anything. */
const placeOf = (path: string): string => {
  if (path.startsWith("cluster/pg_wal/")) return "write-ahead log"
  if (path.startsWith("cluster/")) return "data files"
  return path
}

/** The log of writes once more, as records that no page parts. */
const writeAheadLog = async (dataDir: string, search: Search): Promise<void> => {
  const folder = join(dataDir, "cluster", "pg_wal")
  const segments = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/u.test(name)).sort()
  let before: Uint8Array = new Uint8Array()
  for (const name of segments) {
    const records = recordsOf(await readFile(join(folder, name)), before)
    search.in("write-ahead log", records)
    before = records.subarray(-tailBytes)
  }
}

/** Every file of the data directory but those that are excepted, byte by byte; the cluster is stopped. */
export const files = async (dataDir: string, search: Search): Promise<number> => {
  let count = 0
  const walk = async (folder: string): Promise<void> => {
    const entries: ReadonlyArray<Dirent> = await readdir(folder, { withFileTypes: true })
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (folder === dataDir && excepted.has(entry.name)) continue
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) {
        count += 1
        search.in(placeOf(relative(dataDir, path)), await readFile(path))
      }
    }
  }
  await walk(dataDir)
  await writeAheadLog(dataDir, search)
  return count
}

/** How many keys Redis is asked for at a time. */
const keysMax = 500

const asBuffers = async (redis: Redis, key: Buffer): Promise<ReadonlyArray<Buffer>> => {
  switch (await redis.type(key)) {
    case "string":
      return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)]
    case "hash":
      return Object.entries(await redis.hgetallBuffer(key)).flatMap(([name, value]) => [Buffer.from(name), value])
    case "list":
      return redis.lrangeBuffer(key, 0, -1)
    case "set":
      return redis.smembersBuffer(key)
    case "zset":
      return (await redis.zrange(key, 0, "-1")).map((member) => Buffer.from(String(member)))
    case "stream":
      return (await redis.xrangeBuffer(key, "-", "+")).flatMap(([id, fields]) => [id, ...fields])
    default:
      return []
  }
}

/** Every key and value of a Redis. */
export const redisKeys = async (redis: Redis, search: Search): Promise<number> => {
  let count = 0
  let cursor = "0"
  do {
    const [next, keys] = await redis.scanBuffer(cursor, "COUNT", keysMax)
    for (const key of keys) {
      count += 1
      search.in("Redis", Buffer.concat([key, Buffer.of(0), ...(await asBuffers(redis, key))]))
    }
    cursor = next.toString()
  } while (cursor !== "0")
  return count
}

/** The Redis of this machine, or none. */
export const localRedis = async (): Promise<Redis | undefined> => {
  const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null
  })
  redis.on("error", () => {})
  return redis.connect().then(
    () => redis,
    () => {
      redis.disconnect()
      return undefined
    }
  )
}
