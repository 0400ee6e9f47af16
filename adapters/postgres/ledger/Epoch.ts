/**
 * Who writes a ledger. A takeover raises the epoch and commits: it waits for a batch that holds the fence, and every
 * batch of an earlier epoch that comes after it fails. Only then is the ledger's state read.
 *
 * Both take the ledger's row, and both are sent as one message: whatever becomes of the connection, the row is free when
 * the statements have run, and no other takeover waits longer than that.
 */
import { Effect } from "effect"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { quotedLiteral } from "../Columns.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bigintOf, intOf, type Row } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"

/** What a writer may write after: batches of its epoch, the first after `batches` others. */
export interface Epoch {
  /** The number that stands for the ledger in all keys. */
  readonly ledger: number
  readonly epoch: bigint
  readonly batches: bigint
}

const epochOf = (row: Row): Epoch => ({
  ledger: intOf(row, "ledger_id"),
  epoch: bigintOf(row, "epoch"),
  batches: bigintOf(row, "batches")
})

/** Makes `writer` (a UUID) the one that writes the ledger, whoever was. */
export const takeOver = (pool: Pool, ledgerId: LedgerId, writer: string): Effect.Effect<Epoch, PostgresUnavailable> =>
  Effect.map(
    pool.statement(
      `insert into ledger.ledger (id, epoch, writer) values ('${uuidOf(ledgerId)}', 1, ${quotedLiteral(writer)})
        on conflict (id) do update set epoch = ledger.ledger.epoch + 1, writer = excluded.writer
        returning ledger_id, epoch, batches`
    ),
    ([row]) => epochOf(row ?? {})
  )

/** A new epoch for a writer that lost its connection; undefined if another writer has taken over meanwhile. */
export const takeOverAgain = (
  pool: Pool,
  ledgerId: LedgerId,
  writer: string
): Effect.Effect<Epoch | undefined, PostgresUnavailable> =>
  Effect.map(
    pool.statement(
      `update ledger.ledger set epoch = epoch + 1 where id = '${uuidOf(ledgerId)}' and writer = ${quotedLiteral(writer)}
        returning ledger_id, epoch, batches`
    ),
    ([row]) => (row === undefined ? undefined : epochOf(row))
  )
