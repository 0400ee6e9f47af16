/** The one table of what can wait for a second person: by operation, what its command is and how it is done. */
import { Clock, Effect, Result, Schema, type SchemaIssue } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Permission, type Policy } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import {
  AccessFacts,
  type AccessServices,
  AccountGuards,
  type Guard,
  LedgerGuards,
  perform,
  type Request,
  UserGuards
} from "../access/index.ts"
import { AccountView, getAccount, SetOverdraftLimit, setOverdraftLimit } from "../accounts/index.ts"
import type { ApplicationError } from "../errors/index.ts"
import {
  PostTransaction,
  postTransaction,
  ReverseTransaction,
  reverseTransaction,
  TransactionView
} from "../ledger/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import type { Bank } from "../ports/Bank.ts"
import type { Caller } from "../ports/Caller.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import type { Ledger } from "../ports/Ledger.ts"
import { Terms } from "../ports/Terms.ts"
import type { TokenIssuer } from "../ports/Tokens.ts"
import type { SessionStore } from "../ports/UserStore.ts"
import { AssignRoles } from "../users/index.ts"
import { RolesAssigned, rolesAssigned } from "./RolesAssigned.ts"

/** What the use cases of the table need. */
export type RestrictedServices = AccessServices | AccountStore | Bank | Ledger | SessionStore | TokenIssuer

/** Operations of the table. */
export const RestrictedOperation = Schema.Literals([
  "transactions.post",
  "transactions.reverse",
  "accounts.setOverdraftLimit",
  "users.assignRoles"
])
export type RestrictedOperation = typeof RestrictedOperation.Type

/** A row with the types of its command and answer folded in. Commands and answers are JSON text. */
export interface Restricted {
  /** The command as text in one form, or what is wrong with it. */
  readonly read: (input: unknown) => Result.Result<string, SchemaIssue.Issue>
  /** The user whom the command is about, who does not decide on it. */
  readonly concerns: (command: string) => UserId | undefined
  /** Whether the caller may, all else than the second person being as it is. */
  readonly permitted: (command: string, caller: Caller) => Effect.Effect<void, ApplicationError, RestrictedServices>
  /** Does it as the one who asks; under one key it is done once. */
  readonly run: (
    command: string,
    key: IdempotencyKey,
    request: Request
  ) => Effect.Effect<string, ApplicationError, RestrictedServices>
}

const restricted = <C, A>(row: {
  readonly guard: Guard<C>
  readonly command: Schema.Codec<C, unknown>
  readonly answer: Schema.Codec<A, unknown>
  readonly concerns?: (command: C) => UserId
  readonly run: (
    command: C,
    key: IdempotencyKey,
    caller: Caller
  ) => Effect.Effect<A, ApplicationError, RestrictedServices>
}): Restricted => {
  const { guard, run } = row
  const strict = { errors: "all", onExcessProperty: "error" } as const
  const decode = Schema.decodeUnknownResult(row.command, strict)
  const encode = Schema.encodeSync(Schema.fromJsonString(row.command))
  const decodeText = Schema.decodeSync(Schema.fromJsonString(row.command))
  const encodeAnswer = Schema.encodeSync(row.answer)
  const encodeAnswerText = Schema.encodeSync(Schema.fromJsonString(row.answer))
  return {
    read: (input) => decode(input).pipe(Result.mapBoth({ onSuccess: encode, onFailure: ({ issue }) => issue })),
    concerns: (text) => row.concerns?.(decodeText(text)),
    permitted: Effect.fnUntraced(function* (text, caller) {
      const command = decodeText(text)
      const terms = yield* Terms
      const facts = yield* AccessFacts.AccessFacts
      yield* Effect.fromResult(Permission.admit(guard.operation, caller, terms.tenant))
      const target = yield* guard.target(command, caller)
      const asked = {
        operation: guard.operation,
        objects: yield* facts.of(guard.operation, caller, target),
        needs: target.needs ?? "all",
        now: Instant.fromMillis(yield* Clock.currentTimeMillis),
        isApproved: false
      } as const
      const withoutSecond = { ...terms, fourEyes: new Set<Policy.Operation>() }
      yield* Effect.fromResult(Permission.permit(caller, asked, withoutSecond)).pipe(
        Effect.mapError((refusal) => (refusal._tag === "NotVisible" ? guard.hidden(command, refusal.index) : refusal))
      )
    }),
    run: Effect.fnUntraced(function* (text, key, request) {
      const command = decodeText(text)
      const { tenant } = yield* Terms
      yield* Effect.fromResult(Permission.admit(guard.operation, request.caller, tenant))
      const approved = { ...request, isApproved: true }
      return encodeAnswerText(yield* perform(guard, command, approved, run(command, key, request.caller), encodeAnswer))
    })
  }
}

/** A limit that is as asked for already is left alone, so that a crash after the change does not make it fail. */
const overdraftLimit = Effect.fnUntraced(function* (command: SetOverdraftLimit) {
  const { account, overdraftLimit: limit, expectedVersion } = command
  const stored = yield* (yield* AccountStore).find(account)
  const isDone =
    stored.overdraftLimit.minor === limit.minor &&
    stored.overdraftLimit.currency === limit.currency &&
    (expectedVersion === undefined || stored.version > expectedVersion)
  return yield* isDone ? getAccount({ account }) : setOverdraftLimit(command)
})

const table: Readonly<Record<RestrictedOperation, Restricted>> = {
  "transactions.post": restricted({
    guard: LedgerGuards.postTransaction,
    command: PostTransaction,
    answer: TransactionView,
    run: postTransaction
  }),
  "transactions.reverse": restricted({
    guard: LedgerGuards.reverseTransaction,
    command: ReverseTransaction,
    answer: TransactionView,
    run: reverseTransaction
  }),
  "accounts.setOverdraftLimit": restricted({
    guard: AccountGuards.setOverdraftLimit,
    command: SetOverdraftLimit,
    answer: AccountView,
    run: overdraftLimit
  }),
  "users.assignRoles": restricted({
    guard: UserGuards.assignRoles,
    command: AssignRoles,
    answer: RolesAssigned,
    concerns: ({ user }) => user,
    run: (command, _, caller) => rolesAssigned(command, caller)
  })
}

/** The row of an operation. */
export const restrictedOf = (operation: RestrictedOperation): Restricted => table[operation]

/** Whether an operation is in the table; a stored one that is not was filed by a newer version. */
export const isRestricted = Schema.is(RestrictedOperation)
