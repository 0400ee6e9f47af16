/**
 * Requests with many transfers, encoded once: only the key changes from one to the next, so that making the load costs
 * the machine little beside what the bank does with it.
 */
import { create, toBinary } from "@bufbuild/protobuf"
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import { Money } from "../../../domain/money/index.ts"
import { TransactionKind } from "../../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import {
  BatchMode,
  PostTransferBatchRequestSchema,
  StreamTransfersRequestSchema
} from "../../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { rejectionsPercent, type Transfer } from "../Mix.ts"
import { decimal } from "./Edge.ts"

/** `all_or_nothing` or `independent`, as REST says it. */
export type Mode = "all_or_nothing" | "independent"

/** What became of the transfers of a request. */
export interface Tally {
  readonly posted: number
  /** Those that had too little money. */
  readonly refused: number
}

const rejectedEvery = 100 / rejectionsPercent

/** Every so many transfers one that asks for more than any account ever holds. */
export const withRejections = (transfers: ReadonlyArray<Transfer>): ReadonlyArray<Transfer> =>
  transfers.map((transfer, index) =>
    (index + 1) % rejectedEvery === 0 ? { ...transfer, minor: Money.amountMinorMax } : transfer
  )

/** How many transfers `withRejections` makes fail. */
export const rejectionsIn = (count: number): number => Math.floor(count / rejectedEvery)

const itemOf = ({ from, to, minor }: Transfer) => ({
  kind: TransactionKind.TRANSFER,
  from,
  to,
  amount: { amount: decimal(minor), currency: "USD" }
})

const modes = { all_or_nothing: BatchMode.ALL_OR_NOTHING, independent: BatchMode.INDEPENDENT }

/** A batch over gRPC, given its key. */
export const batchMessage = (mode: Mode, transfers: ReadonlyArray<Transfer>): ((key: string) => Uint8Array) => {
  const rest = create(PostTransferBatchRequestSchema, { mode: modes[mode], items: transfers.map(itemOf) })
  const bytes = toBinary(PostTransferBatchRequestSchema, rest)
  const { number } = PostTransferBatchRequestSchema.field.idempotencyKey
  // Fields of a message may come in any order.
  return (key) => Buffer.concat([bytes, new BinaryWriter().tag(number, WireType.LengthDelimited).string(key).finish()])
}

const runDigits = 8

/** A message of a stream, given the number of its run, below 10⁸. The n-th transfer has the key `<name>-<run>-<n>`. */
export const streamMessage = (name: string, transfers: ReadonlyArray<Transfer>): ((run: number) => Uint8Array) => {
  const keyOf = (index: number): string => `${name}-${"0".repeat(runDigits)}-${index}`
  const items = transfers.map((transfer, index) => ({ idempotencyKey: keyOf(index), item: itemOf(transfer) }))
  const bytes = Buffer.from(toBinary(StreamTransfersRequestSchema, create(StreamTransfersRequestSchema, { items })))
  let from = 0
  const places = items.map(({ idempotencyKey }) => {
    from = bytes.indexOf(idempotencyKey, from) + name.length + 1
    return from
  })
  return (run) => {
    const message = Buffer.from(bytes)
    const digits = String(run).padStart(runDigits, "0")
    for (const place of places) message.write(digits, place, "latin1")
    return message
  }
}

/** The body of a batch over REST, whose key is a header. */
export const batchJson = (mode: Mode, transfers: ReadonlyArray<Transfer>): string =>
  JSON.stringify({
    mode,
    items: transfers.map(({ from, to, minor }) => ({
      kind: "transfer",
      from,
      to,
      amount: { amount: decimal(minor), currency: "USD" }
    }))
  })

const insufficient = "insufficient_funds"

/** Counts the items of an answer to a batch or a message of a stream: both have a transaction in field 2, or an error in 3. */
export const tallyOf = (answer: Uint8Array): Tally => {
  const reader = new BinaryReader(answer)
  let posted = 0
  let refused = 0
  while (reader.pos < reader.len) {
    reader.tag()
    const item = new BinaryReader(reader.bytes())
    while (item.pos < item.len) {
      const [field, type] = item.tag()
      if (field === 2) posted++
      if (field === 3 && Buffer.from(item.bytes()).includes(insufficient)) refused++
      else if (field !== 3) item.skip(type)
    }
  }
  return { posted, refused }
}

const occurrences = (text: string, wanted: string): number => text.split(wanted).length - 1

/** Counts the items of an answer to a batch over REST. */
export const tallyOfJson = (answer: string): Tally => ({
  posted: occurrences(answer, '"transaction":{'),
  refused: occurrences(answer, `"code":"${insufficient}"`)
})
