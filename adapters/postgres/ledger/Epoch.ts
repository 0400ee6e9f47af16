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
import { hexOf, uuidOf } from "../Uuid.ts"

/** What a writer may write: batches of its epoch. */
export interface Epoch {
  /** The number that stands for the ledger in all keys. */
  readonly ledger: number
  readonly epoch: bigint
}

const epochOf = (row: Row): Epoch => ({
  ledger: intOf(row, "ledger_id"),
  epoch: bigintOf(row, "epoch")
})

/** Makes `writer` (a UUID) the one that writes the ledger, whoever was. */
export const takeOver = (pool: Pool, ledgerId: LedgerId, writer: string): Effect.Effect<Epoch, PostgresUnavailable> =>
  Effect.map(
    pool.statement(
      `insert into ledger.ledger (id, epoch, writer) values ('${uuidOf(ledgerId)}', 1, ${quotedLiteral(writer)})
        on conflict (id) do update set epoch = ledger.ledger.epoch + 1, writer = excluded.writer
        returning ledger_id, epoch`
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
        returning ledger_id, epoch`
    ),
    ([row]) => (row === undefined ? undefined : epochOf(row))
  )

/**
 * The statement that lets the script around it be the epoch's next batch, which writes the journal's row `next`. It says
 * that rows of accounts may be older than their entries, so that no version that does not know this writes the ledger later.
 */
export const fence = ({ ledger, epoch }: Epoch, next: { readonly number: number; readonly hash: Uint8Array }): string =>
  `select ledger.fence(${ledger}, ${epoch}, ${next.number}, '\\x${hexOf(next.hash)}', true)`

/** Keeps where the journal ends, for a ledger that does not say so; does nothing where another writer has taken over. */
export const keepEnd = (
  pool: Pool,
  { ledger, epoch }: Epoch,
  end: { readonly number: number; readonly hash: Uint8Array }
): Effect.Effect<unknown, PostgresUnavailable> =>
  pool.statement(
    `update ledger.ledger set batches = ${end.number}, journal_hash = '\\x${hexOf(end.hash)}'
      where ledger_id = ${ledger} and epoch = ${epoch} and journal_hash is null`
  )
