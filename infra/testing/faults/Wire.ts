/** What the runs and a writer's process say to each other: a line of JSON each, on the process's input and output. */
import { Schema } from "effect"
import { Instruction } from "../../../application/ports/Ledger.ts"
import { LedgerId } from "../../../domain/ids/index.ts"
import { Receipt } from "../../../domain/ledger/index.ts"

/** Take the ledger over through the database's URL; send a request to it; give it up. `turn` is told in the answer. */
export const Order = Schema.Union([
  Schema.TaggedStruct("Open", { turn: Schema.Int, url: Schema.String, ledgerId: LedgerId }),
  Schema.TaggedStruct("Submit", { turn: Schema.Int, instruction: Instruction }),
  Schema.TaggedStruct("Close", { turn: Schema.Int })
])
export type Order = typeof Order.Type

/** Done; or the receipt; or the error by its tag and its canonical text. */
export const Reply = Schema.Union([
  Schema.TaggedStruct("Done", { turn: Schema.Int }),
  Schema.TaggedStruct("Accepted", { turn: Schema.Int, receipt: Receipt.Receipt }),
  Schema.TaggedStruct("Refused", { turn: Schema.Int, tag: Schema.String, text: Schema.String })
])
export type Reply = typeof Reply.Type

const orderLine = Schema.fromJsonString(Schema.toCodecJson(Order))
const replyLine = Schema.fromJsonString(Schema.toCodecJson(Reply))

export const encodeOrder = Schema.encodeSync(orderLine)
export const decodeOrder = Schema.decodeSync(orderLine)
export const encodeReply = Schema.encodeSync(replyLine)
export const decodeReply = Schema.decodeSync(replyLine)
