import { Deferred, Effect, type Exit } from "effect"

/** Bounds of what waits to be written and of what is written at once; a size is in bytes. */
export interface GroupOptions {
  readonly waitingMax: number
  readonly sizeWaitingMax: number
  readonly batchMax: number
  readonly sizeBatchMax: number
  /** How long an item that is not urgent may wait for one that is. */
  readonly patienceMs: number
}

interface Waiting<A, E> {
  readonly item: A
  readonly size: number
  readonly isUrgent: boolean
  readonly written: Deferred.Deferred<void, E>
}

/**
 * Turns many writes into few: what comes while one batch is being written makes the next, in the order of coming. A batch
 * is written whole or not at all, and all that wait for it get its outcome. Items that are not urgent make no batch of
 * their own before their patience has run out: they go with the next that is.
 */
export const groupCommit = <A, E, Full>(
  { waitingMax, sizeWaitingMax, batchMax, sizeBatchMax, patienceMs }: GroupOptions,
  write: (items: ReadonlyArray<A>) => Effect.Effect<void, E>,
  full: () => Full
) => {
  let waiting: Array<Waiting<A, E>> = []
  let sizeWaiting = 0
  let urgentWaiting = 0
  // Whether what waits is written though nothing of it is urgent.
  let isDue = false
  let isDraining = false
  let isPatient = false
  let idle: Array<Deferred.Deferred<void>> = []

  /** The next batch: at least one item, however large. */
  const take = (): ReadonlyArray<Waiting<A, E>> => {
    let count = 0
    let size = 0
    for (const each of waiting) {
      size += each.size
      if (count === batchMax || (count > 0 && size > sizeBatchMax)) break
      count++
    }
    const taken = waiting.slice(0, count)
    waiting = waiting.slice(count)
    for (const each of taken) {
      sizeWaiting -= each.size
      if (each.isUrgent) urgentWaiting--
    }
    return taken
  }

  const drain: Effect.Effect<void> = Effect.gen(function* () {
    while (urgentWaiting > 0 || (isDue && waiting.length > 0)) {
      const batch = take()
      const outcome: Exit.Exit<void, E> = yield* Effect.exit(write(batch.map(({ item }) => item)))
      for (const { written } of batch) Deferred.doneUnsafe(written, outcome)
    }
    isDraining = false
    isDue = false
    if (waiting.length > 0) return yield* beginLater
    const waiters = idle
    idle = []
    for (const each of waiters) Deferred.doneUnsafe(each, Effect.void)
  })

  // Detached: it writes for others too, who wait even if this one is interrupted.
  const begin = Effect.suspend(() => {
    if (isDraining) return Effect.void
    isDraining = true
    return Effect.asVoid(Effect.forkDetach(Effect.interruptible(drain)))
  })

  const beginDue = Effect.suspend(() => {
    isDue = true
    return begin
  })

  const beginLater: Effect.Effect<void> = Effect.suspend(() => {
    if (isPatient) return Effect.void
    isPatient = true
    const later = Effect.andThen(Effect.sleep(patienceMs), () => {
      isPatient = false
      return waiting.length > 0 ? beginDue : Effect.void
    })
    return Effect.asVoid(Effect.forkDetach(Effect.interruptible(later)))
  })

  return {
    /** Comes back when the item is written. Who stops waiting does not stop the writing. */
    add: (item: A, size: number, isUrgent = true) =>
      // Interrupted between its place in the queue and the start of the writing, it would leave the queue standing.
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          if (waiting.length >= waitingMax || (waiting.length > 0 && sizeWaiting + size > sizeWaitingMax))
            return yield* Effect.fail(full())
          const written = Deferred.makeUnsafe<void, E>()
          waiting.push({ item, size, isUrgent, written })
          sizeWaiting += size
          if (isUrgent) urgentWaiting++
          yield* isUrgent ? begin : beginLater
          return yield* restore(Deferred.await(written))
        })
      ),
    /** Comes back when nothing waits any more; nothing is patient then. */
    settled: Effect.suspend(() => {
      if (!isDraining && waiting.length === 0) return Effect.void
      const done = Deferred.makeUnsafe<void>()
      idle.push(done)
      return Effect.andThen(beginDue, Deferred.await(done))
    })
  }
}
