import { randomBytes } from "node:crypto"
import postgres from "postgres"
import { sharedPostgres } from "./services.ts"

/** A database for one test file. */
export interface Database {
  /** A URL of a user who owns the database. */
  readonly url: string
  /** Ends every session in the database and removes it. Call it once, after the file's own connections are done. */
  drop(): Promise<void>
}

/** Runs one statement outside the database concerned. */
const administer = async (url: string, statement: (sql: postgres.Sql) => Promise<unknown>): Promise<void> => {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} })
  try {
    await statement(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/**
 * Makes a fresh, empty database with a random name in the PostgreSQL of this test run. Throws an error that says what
 * to do when there is no PostgreSQL.
 */
export const createDatabase = async (): Promise<Database> => {
  const server = await sharedPostgres.acquire()
  try {
    const name = `test_${randomBytes(8).toString("hex")}`
    // template0 is what initdb made: nothing that an administrator added, and UTF-8 whatever the server's default.
    await administer(server.url, (sql) => sql`create database ${sql(name)} template template0 encoding 'UTF8'`)
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return {
      url: url.href,
      drop: async () => {
        try {
          await administer(server.url, (sql) => sql`drop database if exists ${sql(name)} with (force)`)
        } finally {
          sharedPostgres.release()
        }
      }
    }
  } catch (cause) {
    sharedPostgres.release()
    throw cause
  }
}
