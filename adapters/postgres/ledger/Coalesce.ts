import { Deferred, Effect, type Exit } from "effect"

/** What one load may fetch at most, but for a single read that asks for more. */
const idsMax = 1000

/** Loads in flight at once; while they are, what is asked for is collected for the next. */
const loadsMax = 2

interface Asked<Id, A, E> {
  readonly ids: ReadonlyArray<Id>
  readonly found: Deferred.Deferred<ReadonlyMap<Id, A>, E>
}

/**
 * Turns many small reads into few large ones: ids asked for while loads are under way are fetched together, each once.
 * A load begins after it was asked for, so it sees all that was committed before.
 */
export const coalesced = <Id, A, E>(load: (ids: ReadonlyArray<Id>) => Effect.Effect<ReadonlyMap<Id, A>, E>) => {
  let asked: Array<Asked<Id, A, E>> = []
  let loads = 0

  const take = (): ReadonlyArray<Asked<Id, A, E>> => {
    let count = 0
    let reads = 0
    for (const { ids } of asked) {
      count += ids.length
      if (reads > 0 && count > idsMax) break
      reads++
    }
    const taken = asked.slice(0, reads)
    asked = asked.slice(reads)
    return taken
  }

  const drain = Effect.gen(function* () {
    while (asked.length > 0) {
      const taken = take()
      const ids = [...new Set(taken.flatMap((each) => each.ids))]
      const found: Exit.Exit<ReadonlyMap<Id, A>, E> = yield* Effect.exit(load(ids))
      for (const each of taken) Deferred.doneUnsafe(each.found, found)
    }
    loads--
  })

  /** Those of the ids that exist. */
  return Effect.fnUntraced(function* (ids: ReadonlyArray<Id>) {
    const found = Deferred.makeUnsafe<ReadonlyMap<Id, A>, E>()
    asked.push({ ids, found })
    if (loads < loadsMax) {
      loads++
      // Detached: it loads for others too, who wait even if this reader is interrupted.
      yield* Effect.forkDetach(drain)
    }
    const rows = yield* Deferred.await(found)
    const distinct = [...new Set(ids)]
    return distinct.flatMap((id) => {
      const row = rows.get(id)
      return row === undefined ? [] : [row]
    })
  })
}
