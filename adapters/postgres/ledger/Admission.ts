/**
 * Requests on their way in. A key is under way once at a time: a request with the key of one that is under way waits for
 * that one and gets its answer, or a conflict if it asks for something else. So neither a batch nor the batches behind
 * it hold a key twice, and nothing is answered from a decision that is not durable. A request whose key was answered just
 * now gets that answer at once.
 */
import { Effect, Result } from "effect"
import { IdempotencyConflict, type IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import {
  type Instruction,
  LedgerOverloaded,
  type LedgerUnavailable,
  type SubmitError
} from "../../../application/ports/Ledger.ts"
import type { SubmitMany, SubmitOutcome } from "../../../application/ports/SubmitMany.ts"
import type { Command, Receipt } from "../../../domain/ledger/index.ts"
import { fingerprintOf, keyDigest } from "./Fingerprint.ts"
import { recentAnswers } from "./RecentAnswers.ts"
import { requireStorable } from "./Storable.ts"

export type Answer = SubmitOutcome

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
  readonly submitMany: SubmitMany
  /**
   * The requests that wait, oldest first, of at most `max` commands: they are the caller's to finish. Linked commands
   * count each, but a list that is larger by itself is taken by itself.
   */
  readonly take: (max: number) => ReadonlyArray<Request>
  /** Commands that wait. */
  readonly waiting: () => number
  /** Commands that have no answer yet, taken or not. */
  readonly unfinished: () => number
  readonly finish: (request: Request, answer: Answer) => void
  /** From now on requests are refused with this error; undefined admits them again. */
  readonly refuse: (error: LedgerUnavailable | undefined) => void
}

const sizeOf = (command: Command.Command): number => (command._tag === "Linked" ? command.commands.length : 1)

const tagOf = (answer: Answer): string => (Result.isFailure(answer) ? answer.failure._tag : "")

/** Is an answer with this tag in the store under the key of its request? */
const isStored = (tag: string): boolean =>
  tag !== "IdempotencyConflict" && tag !== "LedgerUnavailable" && tag !== "LedgerOverloaded"

/** How many of the requests, from the first on, have at most `max` commands; one at least where `max` is not zero. */
const endOf = (requests: ReadonlyArray<Request>, max: number): number => {
  let end = 0
  let left = max
  for (const { first } of requests) {
    const size = sizeOf(first.command)
    if (size > left && (end > 0 || max === 0)) break
    left -= size
    end++
  }
  return end
}

/** Admits up to `requestsMax` commands, and keeps the answers to `answersKeptMax` for retries. */
export const admission = (requestsMax: number, answersKeptMax: number, onRequest: () => void): Admission => {
  const recent = recentAnswers(answersKeptMax)
  const underWay = new Map<string, Request>()
  let waiting: Array<Request> = []
  let waitingCount = 0
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
    waitingCount += sizeOf(waiter.command)
    onRequest()
  }

  const receive = ({ key, command }: Instruction, resume: (answer: Answer) => void): void => {
    const size = sizeOf(command)
    const isFull = count >= requestsMax || (count > 0 && count + size > requestsMax)
    if (refusal !== undefined) resume(Result.fail(refusal))
    else if (isFull) resume(Result.fail(new LedgerOverloaded({})))
    else {
      requireStorable(command)
      const digest = keyDigest(key)
      const fingerprint = fingerprintOf(command)
      const known = recent.get(digest)
      if (known !== undefined) {
        resume(known.fingerprint === fingerprint ? known.answer : Result.fail(new IdempotencyConflict({ key })))
        return
      }
      count += size
      admit(key, digest, { command, fingerprint, resume })
    }
  }

  return {
    submit: (instruction) =>
      Effect.callback<Receipt.Receipt, SubmitError>((resume) =>
        receive(instruction, (answer) => resume(Effect.fromResult(answer)))
      ),
    submitMany: (instructions) =>
      Effect.callback<ReadonlyArray<Answer>>((resume) => {
        const answers = new Array<Answer>(instructions.length)
        let left = instructions.length
        if (left === 0) return resume(Effect.succeed(answers))
        instructions.forEach((instruction, index) => {
          receive(instruction, (answer) => {
            answers[index] = answer
            if (--left === 0) resume(Effect.succeed(answers))
          })
        })
      }),
    take: (max) => {
      let taken = waiting
      if (waitingCount <= max) waiting = []
      else {
        const end = endOf(waiting, max)
        taken = waiting.slice(0, end)
        waiting = waiting.slice(end)
      }
      for (const { first } of taken) waitingCount -= sizeOf(first.command)
      return taken
    },
    waiting: () => waitingCount,
    unfinished: () => count,
    finish: (request, answer) => {
      const { key, keyDigest: digest, first, others } = request
      const tag = tagOf(answer)
      if (isStored(tag)) recent.put(digest, { fingerprint: first.fingerprint, answer }, sizeOf(first.command))
      underWay.delete(digest)
      count -= sizeOf(first.command)
      first.resume(answer)
      for (const other of others) {
        // The first asked for something else than what is stored; this one may be its retry.
        if (tag === "IdempotencyConflict" && other.fingerprint !== first.fingerprint) {
          admit(key, digest, other)
          continue
        }
        count -= sizeOf(other.command)
        const same = other.fingerprint === first.fingerprint || tag === "LedgerUnavailable"
        other.resume(same ? answer : Result.fail(new IdempotencyConflict({ key })))
      }
    },
    refuse: (error) => {
      refusal = error
    }
  }
}
