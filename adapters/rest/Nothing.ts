/** The answer of a request that was done and has nothing to tell. */
import { Schema } from "effect"

export const nothing = { answer: Schema.Struct({}), answerName: "Nothing", status: 204 } as const
