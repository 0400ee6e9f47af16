/** Which failures of the driver mean that PostgreSQL cannot be had just now; all others are bugs. */
import { Schema } from "effect"
import postgres from "postgres"

/** PostgreSQL did not answer; each port has an error of its own for it. */
export class PostgresUnavailable extends Schema.TaggedError<PostgresUnavailable>()("PostgresUnavailable", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

/**
 * SQLSTATE classes that say nothing against the statement (PostgreSQL manual, appendix A): connection exception, no
 * write on a standby, invalid authorization, no such database, rollback by conflict, insufficient resources, object in
 * use, operator intervention (shutdown, cancellation, timeout), system error.
 */
const classesUnavailable = new Set(["08", "25", "28", "3D", "40", "53", "55", "57", "58"])

/** What the driver and the system call a connection that is not there. */
const connectionCode = /^(CONNECT|CONNECTION_|E[A-Z]{3,}|ERR_(SOCKET|TLS|SSL))/u

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** The SQLSTATE that the server gave, or undefined where the failure did not come from the server. */
export const sqlStateOf = (cause: unknown): string | undefined =>
  cause instanceof postgres.PostgresError ? cause.code : undefined

/** The failure in a few words for logs and errors, without statement or parameters. */
export const reasonOf = (cause: unknown): string => {
  const code = codeOf(cause)
  const message = cause instanceof Error ? cause.message : String(cause)
  return code === "" || message.includes(code) ? message : `${code}: ${message}`
}

/** Does the failure mean that PostgreSQL cannot be had just now? */
export const isUnavailable = (cause: unknown): boolean => {
  const state = sqlStateOf(cause)
  return state === undefined ? connectionCode.test(codeOf(cause)) : classesUnavailable.has(state.slice(0, 2))
}

/** Does the failure mean that the connection is gone, and not only that this statement was given up? */
export const isConnectionLost = (cause: unknown): boolean => {
  const state = sqlStateOf(cause)
  return state === undefined ? isUnavailable(cause) : state.startsWith("08") || state.startsWith("57P")
}
