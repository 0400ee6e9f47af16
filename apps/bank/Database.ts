import { fileURLToPath } from "node:url"
import { Effect, Option } from "effect"
import { defaultDataDir, start } from "../../adapters/embedded-postgres/index.ts"
import type { Settings } from "./Settings.ts"

/** Where the bank keeps its data when no setting says: the project's own folder, or the system's for root. */
export const dataDirOf = (from: Settings): string =>
  Option.getOrElse(from.dataDir, () => defaultDataDir(fileURLToPath(new URL("../../", import.meta.url))))

/** The database to use, and what to call it before people: the URL without its password. */
export interface Database {
  readonly url: string
  readonly label: string
}

const withoutPassword = (url: string): string => url.replace(/^([^:]+:\/\/[^:@/]*):[^@]*@/u, "$1@")

/** The database of `DATABASE_URL`, or an embedded PostgreSQL that runs until the scope closes. */
export const database = Effect.fn("bank.database")(function* (from: Settings) {
  if (Option.isSome(from.databaseUrl)) {
    const url = from.databaseUrl.value
    return { url, label: withoutPassword(url) } satisfies Database
  }
  const dataDir = dataDirOf(from)
  const running = yield* start({ dataDir })
  const label = `embedded PostgreSQL ${running.version} in ${dataDir}${running.adopted ? " (found running)" : ""}`
  return { url: running.url, label } satisfies Database
})
