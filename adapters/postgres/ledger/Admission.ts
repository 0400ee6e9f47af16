/**
 * Requests on their way in. A key is under way once at a time: a request with the key of one that is under way waits for
 * that one and gets its answer, or a conflict if it asks for something else. So neither a batch nor the batches behind
 * it hold a key twice, and nothing is answered from a decision that is not durable.
 */
import { Effect, Result } from "effect"
import { IdempotencyConflict, type IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import {
  type Instruction,
  LedgerOverloaded,
  type LedgerUnavailable,
  type SubmitError
} from "../../../application/ports/Ledger.ts"
import type { Command, Receipt } from "../../../domain/ledger/index.ts"
import { fingerprintOf, keyDigest } from "./Fingerprint.ts"
import { requireStorable } from "./Storable.ts"

export type Answer = Result.Result<Receipt.Receipt, SubmitError>

interface Waiter {
  readonly command: Command.Command
  readonly fingerprint: string
  readonly resume: (answer: Answer) => void
}

/** A key's request: the first waiter's, which is decided, and whoever came with the same key meanwhile. */
export interface Request {
  readonly key: IdempotencyKey
  readonly keyDigest: string
  readonly first: Waiter
  readonly others: Array<Waiter>
}

export interface Admission {
  readonly submit: (instruction: Instruction) => Effect.Effect<Receipt.Receipt, SubmitError>
  /** The requests that wait, oldest first, at most `max`: they are the caller's to finish. */
  readonly take: (max: number) => ReadonlyArray<Request>
  readonly waiting: () => number
  /** Requests that have no answer yet, taken or not. */
  readonly unfinished: () => number
  readonly finish: (request: Request, answer: Answer) => void
  /** From now on requests are refused with this error; undefined admits them again. */
  readonly refuse: (error: LedgerUnavailable | undefined) => void
}

const tagOf = (answer: Answer): string => (Result.isFailure(answer) ? answer.failure._tag : "")

export const admission = (requestsMax: number, onRequest: () => void): Admission => {
  const underWay = new Map<string, Request>()
  let waiting: Array<Request> = []
  let count = 0
  let refusal: LedgerUnavailable | undefined

  const admit = (key: IdempotencyKey, digest: string, waiter: Waiter): void => {
    const same = underWay.get(digest)
    if (same !== undefined) {
      same.others.push(waiter)
      return
    }
    const request: Request = { key, keyDigest: digest, first: waiter, others: [] }
    underWay.set(digest, request)
    waiting.push(request)
    onRequest()
  }

  return {
    submit: ({ key, command }) =>
      Effect.callback<Receipt.Receipt, SubmitError>((resume) => {
        if (refusal !== undefined) return resume(Effect.fail(refusal))
        if (count >= requestsMax) return resume(Effect.fail(new LedgerOverloaded({})))
        requireStorable(command)
        count++
        admit(key, keyDigest(key), {
          command,
          fingerprint: fingerprintOf(command),
          resume: (answer) => resume(Effect.fromResult(answer))
        })
      }),
    take: (max) => {
      const taken = waiting.length <= max ? waiting : waiting.slice(0, max)
      waiting = waiting.length <= max ? [] : waiting.slice(max)
      return taken
    },
    waiting: () => waiting.length,
    unfinished: () => count,
    finish: (request, answer) => {
      const { key, keyDigest: digest, first, others } = request
      const tag = tagOf(answer)
      underWay.delete(digest)
      count--
      first.resume(answer)
      for (const other of others) {
        // The first asked for something else than what is stored; this one may be its retry.
        if (tag === "IdempotencyConflict" && other.fingerprint !== first.fingerprint) {
          admit(key, digest, other)
          continue
        }
        count--
        const same = other.fingerprint === first.fingerprint || tag === "LedgerUnavailable"
        other.resume(same ? answer : Result.fail(new IdempotencyConflict({ key })))
      }
    },
    refuse: (error) => {
      refusal = error
    }
  }
}
