/** What stands before a use case: the bank's own door, or for its services among themselves a narrower one. */
import { Effect } from "effect"
import {
  type AccessServices,
  admitted,
  type Guard,
  perform,
  permissionEnd,
  type Request
} from "../../application/access/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { Permission, type Policy } from "../../domain/identity/index.ts"

/** Lets a request through to its use case, or not. */
export interface Door<C, D> {
  /** Asked before the request is decoded. */
  readonly admit: (request: Request) => Effect.Effect<void, ApplicationError, D>
  readonly pass: <A, E extends ApplicationError, R>(
    command: C,
    request: Request,
    run: Effect.Effect<A, E, R>,
    answerOf: (answer: A) => unknown
  ) => Effect.Effect<A, E | ApplicationError, R | D>
  /** Fails when a request that was let through, and goes on, would not be any more. */
  readonly end: (command: C, request: Request) => Effect.Effect<never, ApplicationError, D>
}

/** The door that REST has too: policy, what is hidden, audit log. */
export const guarded = <C>(guard: Guard<C>): Door<C, AccessServices> => ({
  admit: (request) => admitted(guard.operation, request),
  pass: (command, request, run, answerOf) => perform(guard, command, request, run, answerOf),
  end: (command, request) => permissionEnd(guard, command, request)
})

/** For the bank's own services: they have decided already, and what they do stands in the ledger. */
export const internal = (operation: Policy.Operation): Door<unknown, Terms> => ({
  admit: Effect.fnUntraced(function* ({ caller }) {
    const { tenant } = yield* Terms
    yield* Effect.fromResult(Permission.admit(operation, caller, tenant))
  }),
  pass: (_command, _request, run) => run,
  end: () => Effect.never
})
