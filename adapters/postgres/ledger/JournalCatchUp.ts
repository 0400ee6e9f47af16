/**
 * Journals what a ledger stored before it had a journal, when it is taken over: transactions in chunks, the last of them
 * with all answers, accounts and holds as they stand. Each chunk is a batch of this epoch, so one transaction and one
 * round trip, after those that read it; a takeover in the middle goes on where the journal ends. Ids ascend in the order
 * of booking, so that a chunk is a range of them.
 */
import { Effect } from "effect"
import type { Transaction } from "../../../domain/ledger/index.ts"
import { Leaf } from "../../../domain/proofs/index.ts"
import type { Channel, Pool } from "../Postgres.ts"
import { executed } from "./Append.ts"
import { type Epoch, fence } from "./Epoch.ts"
import { following, type JournalEnd, nativeSha256 } from "./Journal.ts"
import { executeJournal, nodeRows } from "./JournalColumns.ts"
import { plainRecords, standingRecords } from "./JournalStanding.ts"
import type { Lookup } from "./Lookup.ts"

/** Transactions of one chunk. */
const chunkMax = 1000

/** The end of the journal of all `size` transactions. Transactions that it has are not read again. */
export const catchUp = Effect.fnUntraced(function* (
  writing: Channel,
  reading: Pool,
  reads: Pick<Lookup, "booked">,
  epoch: Epoch,
  start: JournalEnd,
  size: number
) {
  const { ledger } = epoch
  let end = start
  let from: Parameters<typeof reads.booked>[0] = { before: end.tree.size - 1 }
  while (end.tree.size < size || end.number === 0) {
    const chunk: ReadonlyArray<Transaction.Transaction> = yield* reads.booked(from, chunkMax)
    const [head, last] = [chunk[0], chunk.at(-1)]
    const plain = head && last ? yield* plainRecords(reading, ledger, head.id, last.id) : new Uint8Array(0)
    const isLast = end.tree.size + chunk.length === size
    const standing = isLast ? yield* standingRecords(reading, ledger) : new Uint8Array(0)
    if (chunk.length === 0 && !isLast)
      return yield* Effect.die(new Error(`the ledger lacks its transaction ${end.tree.size}`))
    if (chunk.length === 0 && standing.length === 0) break
    const hashes = chunk.map((transaction) => Leaf.hashOf(transaction, nativeSha256))
    const content = Buffer.concat([plain, standing])
    const { row, nodes, end: next } = following(end, last?.bookedAt ?? 0, hashes, content)
    const completed = nodeRows()
    for (const node of nodes) completed.add(node)
    const nodesAdded = executed("nodes", completed, next.tree.size - 1)
    yield* writing.script([fence(epoch, row), executeJournal(row), nodesAdded].join(";\n"))
    end = next
    from = last === undefined ? from : { after: last.id }
  }
  return end
})
