/** An endpoint is declared as data; `serve` runs every one of them the same way. */
import { Effect, type Schema, type Stream } from "effect"
import { type AccessServices, type Guard, perform } from "../../application/access/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import type { Bank } from "../../application/ports/Bank.ts"
import type { Authenticator, Caller } from "../../application/ports/Caller.ts"
import type { BreachedPasswords, PasswordHasher, Secrets } from "../../application/ports/Crypto.ts"
import type { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { IdempotencyKey } from "../../application/ports/Idempotency.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import type { Origin } from "../../application/ports/Origin.ts"
import type { IdentityProviders, IdentityVerification, Mailer } from "../../application/ports/Outside.ts"
import type { Passkeys, TotpCodes } from "../../application/ports/SecondFactors.ts"
import type { ArtifactStore, TokenIssuer } from "../../application/ports/Tokens.ts"
import type { ChallengeStore, LoginThrottle, SessionStore } from "../../application/ports/UserStore.ts"
import { decoder, encoder } from "../../application/wire/index.ts"
import { Policy } from "../../domain/identity/index.ts"
import type { Json, JsonObject } from "./Json.ts"

/** What the use cases of users, their logins and their apps need. */
type UserServices =
  | ArtifactStore
  | BreachedPasswords
  | ChallengeStore
  | IdentityProviders
  | IdentityVerification
  | LoginThrottle
  | Mailer
  | Passkeys
  | PasswordHasher
  | Secrets
  | SessionStore
  | TokenIssuer
  | TotpCodes

/** What the use cases and this edge need; an app provides it by its layers. */
export type RestServices =
  | AccessServices
  | AccountStore
  | Authenticator
  | Bank
  | HeadSigner
  | Ids
  | Ledger
  | LedgerTree
  | UserServices

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE"

/**
 * What a query parameter holds: text; alternatives with commas between them; or a pair of a map, which is written
 * `metadata[invoice]=17` and may come once for each key.
 */
export type QueryKind = "text" | "list" | "map"

/** Who calls, from where, and the key that makes the call safe to repeat. */
export interface Call {
  readonly caller: Caller
  readonly key: IdempotencyKey
  readonly origin: Origin
}

/** How what a caller may not know of is answered, where the use case itself does not look for it. */
type HiddenTag = "OwnerNotFound" | "UserNotFound"

/**
 * A route as the people who read it see it. `path` names its parameters as the command does: `/v1/holds/{hold}`, where
 * `me` stands for the caller's `user` and `current` for its `session`. The command is what path, query, body and If-Match
 * together decode to, by the use case's own Schema.
 */
export interface Declaration<C, A, E extends ApplicationError> {
  readonly method: Method
  readonly path: string
  /** Names the operation in generated clients. */
  readonly operationId: string
  readonly summary: string
  readonly command: Schema.Codec<C, unknown>
  readonly answer: Schema.Codec<A, unknown>
  /** What the answer is called in the API description. */
  readonly answerName: string
  /** With 204 the answer, which says nothing, is not sent. */
  readonly status: 200 | 201 | 202 | 204
  /**
   * The errors worth reading about; those that any route may give are added, and those of the policy. Linked ones fail as
   * single ones do.
   */
  readonly errors: ReadonlyArray<Exclude<E["_tag"], "LinkedRejected" | "BatchRejected"> | HiddenTag>
  /** Who may. */
  readonly guard: Guard<C>
  readonly run: (command: C, call: Call) => Effect.Effect<A, E, RestServices>
  /** Whether a POST must carry an `Idempotency-Key`; where it need not, each request is taken as a new one. */
  readonly idempotencyKey?: "required" | "optional"
  /** Whether the command's `expectedVersion` must come by `If-Match`. */
  readonly ifMatch?: "required" | "optional"
  /** The name of the list that `limit` and `cursor` page through. */
  readonly list?: string
  /** Query parameters of what is no list, and those of a list that are more than text. */
  readonly query?: Readonly<Record<string, QueryKind>>
  /** Media types other than JSON that the answer is streamed in, where `Accept` prefers them. */
  readonly streams?: Readonly<
    Record<
      string,
      (command: C, call: Call) => Effect.Effect<Stream.Stream<string, ApplicationError>, ApplicationError, RestServices>
    >
  >
  /** Where what was made can be read. */
  readonly location?: (answer: A) => string
  readonly version?: (answer: A) => number
  /** Bytes of the body; as of any other unless given. */
  readonly bodyBytesMax?: number
  /** A body that decodes, shown in the API description. */
  readonly example?: JsonObject
}

/** What a use case answered, as it goes on the wire. */
export interface Reply {
  /** A stream fails where the rest cannot be read, and the client sees it break off. */
  readonly body: string | Stream.Stream<string, ApplicationError>
  /** Whether the stream waits for what is yet to come: the stop of the app ends it. */
  readonly isEndless?: boolean
  readonly location?: string
  readonly version?: number
}

/** A declaration with its types folded in, so that endpoints of all kinds stand in one list. */
export interface Endpoint
  extends Omit<
    Declaration<unknown, unknown, ApplicationError>,
    "command" | "answer" | "guard" | "run" | "location" | "version" | "streams"
  > {
  readonly operation: Policy.Operation
  /** Whether anyone may, without a token. */
  readonly isOpen: boolean
  readonly command: Schema.ConstraintDecoder<unknown>
  readonly answer: Schema.Constraint
  /** Media types of the answer; the first is answered to a client without preference. */
  readonly types: ReadonlyArray<string>
  /** Whether the header `Last-Event-ID` is the command's `after`. */
  readonly resumes?: boolean
  /** Names of the parameters of the path. */
  readonly parameters: ReadonlyArray<string>
  readonly hasLocation: boolean
  readonly hasVersion: boolean
  /** Decodes the command, runs the use case and encodes its answer as `type`, one of `types`. */
  readonly run: (
    input: JsonObject,
    call: Call,
    type: string
  ) => Effect.Effect<Reply, ApplicationError | Schema.SchemaError, RestServices>
}

/** Names of the parameters of a path: `account` of `/v1/accounts/{account}`. */
export const parametersOf = (path: string): ReadonlyArray<string> =>
  [...path.matchAll(/\{(\w+)\}/gu)].map(([, name = ""]) => name)

/** Makes an endpoint of its declaration. */
export const endpoint = <C, A, E extends ApplicationError>(declaration: Declaration<C, A, E>): Endpoint => {
  const { command, answer, guard, run, location, version, streams = {}, ...rest } = declaration
  const { operation } = guard
  const decode = decoder(command)
  const encode = encoder(answer)
  return {
    ...rest,
    operation,
    isOpen: Policy.isOpen(Policy.ruleOf(operation)),
    command,
    answer,
    types: ["application/json", ...Object.keys(streams)],
    parameters: parametersOf(declaration.path),
    hasLocation: location !== undefined,
    hasVersion: version !== undefined,
    run: Effect.fnUntraced(function* (input, call, type) {
      const decoded = yield* Effect.fromResult(decode(input))
      const stream = streams[type]
      if (stream !== undefined)
        return { body: yield* perform(guard, decoded, call, stream(decoded, call), () => undefined) }
      const value = yield* perform(guard, decoded, call, run(decoded, call), encode)
      return {
        body: JSON.stringify(encode(value)),
        ...(location === undefined ? {} : { location: location(value) }),
        ...(version === undefined ? {} : { version: version(value) })
      }
    })
  }
}

/** Whether a JSON value is an object and no array. */
export const isJsonObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
