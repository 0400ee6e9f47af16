/** Which failures of the driver mean that PostgreSQL cannot be had just now; all others are bugs. */
import { Effect, Schema } from "effect"
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

/** What the driver and the system call a connection that is not there, or whose certificate nobody vouches for. */
const connectionCode =
  /^(CONNECT|CONNECTION_|E[A-Z]{3,}|ERR_(SOCKET|TLS|SSL)|(CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)_)/u

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

/** What the server tells besides the message: the row that it refused, or the values of a statement. */
const fieldsOfRows = ["detail", "where", "internal_query"] as const

/** SQLSTATE class of data exceptions, whose messages quote the value that they are about. */
const dataException = "22"

/** The failure without values of rows or statements: it goes to the log, where those do not belong. */
export const withoutValues = (cause: unknown): unknown => {
  if (!(cause instanceof postgres.PostgresError)) return cause
  for (const field of fieldsOfRows) Reflect.deleteProperty(cause, field)
  if (!cause.code.startsWith(dataException)) return cause
  const { message, stack = "" } = cause
  cause.message = message.replaceAll(/"[^"]*"/gu, '"…"').replace(/: "[\s\S]*$/u, "")
  cause.stack = stack.replace(message, cause.message)
  return cause
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

/** The failure of a statement as ports fail of it: unavailable, or else a defect that has no values. */
export const failureOf = (cause: unknown): Effect.Effect<never, PostgresUnavailable> =>
  isUnavailable(cause)
    ? Effect.fail(new PostgresUnavailable({ reason: reasonOf(cause) }))
    : Effect.die(withoutValues(cause))

/** The driver's error for what the server said, by the driver's names of its fields. */
export const serverError = (fields: Readonly<Record<string, string>>): unknown =>
  // The class takes its fields, which its type does not say.
  Reflect.construct(postgres.PostgresError, [fields])
