/**
 * The answers that were given last, so that a retry that follows soon, as most do, costs no look into the store. Only
 * answers that are stored are kept.
 */
import type { Answer } from "./Admission.ts"

export interface RecentAnswer {
  readonly fingerprint: string
  readonly answer: Answer
}

export interface RecentAnswers {
  /** By the digest of the key. */
  readonly get: (digest: string) => RecentAnswer | undefined
  /** Keeps an answer to so many commands, and forgets the oldest. */
  readonly put: (digest: string, recent: RecentAnswer, commands: number) => void
}

/** Keeps the answers to `max` commands at most. */
export const recentAnswers = (max: number): RecentAnswers => {
  // Half of them in each: to forget a whole map costs nothing.
  let young = new Map<string, RecentAnswer>()
  let old = young
  let left = Math.floor(max / 2)
  return {
    get: (digest) => young.get(digest) ?? old.get(digest),
    put: (digest, recent, commands) => {
      left -= commands
      if (left < 0) {
        old = young
        young = new Map()
        left = Math.floor(max / 2) - commands
        if (left < 0) return
      }
      young.set(digest, recent)
    }
  }
}
