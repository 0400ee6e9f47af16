/** What the stores of users share: one pool of connections, and the words for what goes into their rows and comes out. */
import { Cause, Context, Effect, Layer } from "effect"
import postgres from "postgres"
import { UserStoreUnavailable } from "../../../application/ports/DelegationStore.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { intOf, type Row } from "../Fields.ts"
import { type Pool, Postgres } from "../Postgres.ts"

/** How many connections the stores of users may open together. */
export interface UsersPoolOptions {
  readonly connectionsMax: number
}

/** The pool of the role that sees users and what belongs to them. */
export class UsersPool extends Context.Service<UsersPool, Pool>()("bank/adapters/postgres/UsersPool") {}

const role = "bank_users"

/** Opens the pool; the migrations must have run. */
export const layer = (
  { connectionsMax }: UsersPoolOptions = { connectionsMax: 8 }
): Layer.Layer<UsersPool, never, Postgres> =>
  Layer.effect(
    UsersPool,
    Effect.flatMap(Postgres, ({ pool }) => pool({ name: "users", role, connectionsMax }))
  )

/** Neither the database nor the keys say anything against the request: it can be sent again. */
export const orUnavailable = <A, R>(
  work: Effect.Effect<A, { readonly reason: string }, R>
): Effect.Effect<A, UserStoreUnavailable, R> =>
  Effect.mapError(work, ({ reason }) => new UserStoreUnavailable({ reason }))

const constraintOf = (cause: unknown): string =>
  cause instanceof postgres.PostgresError && cause.code === "23505" ? (cause.constraint_name ?? "") : ""

/** Fails in place of a statement that died because a row with the same key is there, by the name of the constraint. */
export const onTaken = <A, E, R, F>(
  work: Effect.Effect<A, E, R>,
  failures: ReadonlyMap<string, F>
): Effect.Effect<A, E | F, R> =>
  Effect.catchCause(work, (cause): Effect.Effect<never, E | F> => {
    const failure = failures.get(constraintOf(Cause.squash(cause)))
    return failure === undefined ? Effect.failCause(cause) : Effect.fail(failure)
  })

/** Bytes as the text of a `bytea`. */
export const byteaOf = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes).toString("hex")}`

export const instantOf = (row: Row, name: string): Instant.Instant => Instant.fromMillis(intOf(row, name))

/** The time under its own name in the domain, or nothing where the column is null. */
export const optionalInstant = (row: Row, column: string, name: string): object =>
  row[column] === null ? {} : { [name]: instantOf(row, column) }

/** A time as a parameter. */
export const timestamp = (instant: Instant.Instant | undefined): string | null =>
  instant === undefined ? null : Instant.toText(instant)
