import { Schema } from "effect"

/** One side of a double entry: debits raise assets and expenses, credits raise liabilities, equity and income. */
export const Side = Schema.Literals(["debit", "credit"])
export type Side = typeof Side.Type

/** The other side. */
export const opposite = (side: Side): Side => (side === "debit" ? "credit" : "debit")
