import { Cause, Clock, Effect, Exit, Result } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Permission, Policy } from "../../domain/identity/index.ts"
import { type ApplicationError, describe } from "../errors/index.ts"
import { type AuditActor, AuditLog, type AuditRecord } from "../ports/AuditLog.ts"
import type { Caller } from "../ports/Caller.ts"
import type { Origin } from "../ports/Origin.ts"
import { Terms } from "../ports/Terms.ts"
import { AccessFacts } from "./Facts.ts"
import type { Guard, GuardServices, Target } from "./Guard.ts"

/** What guards and the audit log need. */
export type AccessServices = AccessFacts | AuditLog | Terms | GuardServices

/** Who asks, from where, and whether a second person has approved it. */
export interface Request {
  readonly caller: Caller
  readonly origin: Origin
  readonly isApproved?: boolean
}

/** Ids of a record at most. */
const objectsMax = 20

const actorOf = ({ id, user, customer, roles, client, session }: Caller): AuditActor => ({
  id,
  roles,
  client,
  ...(user === undefined ? {} : { user }),
  ...(customer === undefined ? {} : { customer }),
  ...(session === undefined ? {} : { session })
})

const idsOf = ({ ids, accounts = [], customers = [], users = [] }: Target): ReadonlyArray<string> =>
  [...new Set(ids ?? [...accounts.map(({ account }) => account), ...customers, ...users])].slice(0, objectsMax)

/** The id of what a use case has made or changed, where its answer has one. */
const idIn = (answer: unknown): ReadonlyArray<string> =>
  typeof answer === "object" && answer !== null && "id" in answer && typeof answer.id === "string" ? [answer.id] : []

const recordOf = Effect.fnUntraced(function* (
  operation: Policy.Operation,
  { caller, origin }: Request,
  objects: ReadonlyArray<string>
) {
  const { tenant } = yield* Terms
  const at = Instant.fromMillis(yield* Clock.currentTimeMillis)
  return { at, tenant, actor: actorOf(caller), operation, objects, origin }
})

const refused = Effect.fnUntraced(function* (
  operation: Policy.Operation,
  request: Request,
  objects: ReadonlyArray<string>,
  error: ApplicationError
) {
  const log = yield* AuditLog
  const record = yield* recordOf(operation, request, objects)
  yield* log.append({ ...record, outcome: "refused", code: describe(error).code })
  return yield* Effect.fail(error)
})

/**
 * Whether the caller may do this to anything at all; edges ask before they read the request. Errors: Forbidden, then
 * AuditUnavailable.
 */
export const admitted = Effect.fnUntraced(function* (operation: Policy.Operation, request: Request) {
  const { tenant } = yield* Terms
  const admission = Permission.admit(operation, request.caller, tenant)
  if (Result.isFailure(admission)) return yield* refused(operation, request, [], admission.failure)
})

const textOf = (value: unknown): string => JSON.stringify(value) ?? "null"

/** Leaves behind what came of a write, without keeping its answer waiting. */
const note = Effect.fnUntraced(function* (record: AuditRecord) {
  const log = yield* AuditLog
  const kept = Effect.catch(log.note(record), ({ reason }) =>
    Effect.logError("the outcome of an audited write is not on the audit log", {
      reason,
      requestId: record.origin.requestId
    })
  )
  yield* Effect.forkDetach(kept, { startImmediately: true })
})

/**
 * Does what a command asks for if its caller may, and leaves on the audit log who did what: the one door of both edges to
 * the use cases. `run` gives the answer and its JSON text. Errors, first wins: those of the guard's reading, what is
 * hidden, the policy's refusals, AuditUnavailable, then those of the use case.
 */
export const perform = Effect.fnUntraced(function* <C, A, E extends ApplicationError, R>(
  guard: Guard<C>,
  command: C,
  request: Request,
  run: Effect.Effect<A, E, R>,
  answerOf: (answer: A) => unknown
) {
  const { operation } = guard
  const { caller } = request
  const terms = yield* Terms
  const facts = yield* AccessFacts
  const log = yield* AuditLog
  // Who asks for what is not there leaves the same line, after the same time, as who asks for what is hidden.
  const target = yield* Effect.catch(guard.target(command, caller), (error) =>
    describe(error).kind === "not_found" ? refused(operation, request, [], error) : Effect.fail(error)
  )
  const objects = yield* facts.of(operation, caller, target)
  const ids = idsOf(target)
  const asked: Permission.Asked = {
    operation,
    objects,
    needs: target.needs ?? "all",
    now: Instant.fromMillis(yield* Clock.currentTimeMillis),
    isApproved: request.isApproved === true
  }
  const besides = yield* Effect.forEach(target.also ?? [], (also) =>
    Effect.map(facts.of(also, caller, target), (seen) => ({ ...asked, operation: also, objects: seen }))
  )
  const permission = Result.gen(function* () {
    yield* Permission.permit(caller, asked, terms)
    for (const also of besides) {
      yield* Permission.admit(also.operation, caller, terms.tenant)
      yield* Permission.permit(caller, also, terms)
    }
  })
  if (Result.isFailure(permission)) {
    const { failure } = permission
    const error = failure._tag === "NotVisible" ? guard.hidden(command, failure.index) : failure
    return yield* refused(operation, request, ids, error)
  }
  const { effect } = Policy.ruleOf(operation)
  if (effect === "read") {
    if (Permission.leavesTrace(caller, asked))
      yield* log.append({ ...(yield* recordOf(operation, request, ids)), outcome: "read" })
    return yield* run
  }
  const written = yield* recordOf(operation, request, ids)
  const before =
    guard.before === undefined
      ? undefined
      : yield* Effect.tapError(guard.before(command), (error) =>
          log.append({ ...written, outcome: "failed", code: describe(error).code })
        )
  const record = { ...written, ...(before === undefined ? {} : { before: textOf(before) }) }
  yield* log.append({ ...record, outcome: "attempted" })
  const outcome = yield* Effect.exit(run)
  const at = Instant.fromMillis(yield* Clock.currentTimeMillis)
  if (Exit.isSuccess(outcome)) {
    const after = guard.recordsAnswer ? { after: textOf(answerOf(outcome.value)) } : {}
    const named = { objects: [...new Set([...ids, ...idIn(outcome.value)])].slice(0, objectsMax) }
    yield* note({ ...record, ...named, ...after, at, outcome: "done" })
  } else {
    const error = Cause.findErrorOption(outcome.cause)
    const code = error._tag === "Some" ? describe(error.value).code : "internal_error"
    yield* note({ ...record, at, outcome: "failed", code })
  }
  return yield* outcome
})
