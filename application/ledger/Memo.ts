import { Schema } from "effect"
import { LocalDate } from "../../domain/calendar/index.ts"
import { Transaction } from "../../domain/ledger/index.ts"

/** What any movement of money may carry: its value date (today's business date unless given), text and data. */
export const memo = {
  valueDate: Schema.optionalKey(LocalDate.LocalDate),
  description: Schema.optionalKey(Transaction.Description),
  metadata: Schema.optionalKey(Transaction.Metadata)
}
