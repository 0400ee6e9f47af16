/** A statement as CSV: a header and the opening balance, a line for each entry, the closing balance. */
import { Instant } from "../../domain/calendar/index.ts"
import type { StatementLine } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import { csvLine, csvText } from "./Csv.ts"

const columns = [
  "line",
  "sequence",
  "bookedAt",
  "valueDate",
  "transactionId",
  "kind",
  "debit",
  "credit",
  "balance",
  "currency",
  "description",
  "reverses",
  "holdId",
  "metadata"
] as const

type Fields = { readonly [Column in (typeof columns)[number]]?: string }

const rowOf = (fields: Fields): string => csvLine(columns.map((column) => fields[column] ?? ""))

const balanceOf = (balance: Money.Money): Fields => ({
  balance: Money.toDecimal(balance),
  currency: balance.currency
})

/** One line; the opening has the header before it. A file without a closing line is not whole. */
export const statementCsv = (line: StatementLine.StatementLine): string => {
  switch (line._tag) {
    case "StatementOpening":
      return csvLine(columns) + rowOf({ line: "opening", valueDate: line.from, ...balanceOf(line.opening) })
    case "BookedEntry":
      return rowOf({
        line: "entry",
        sequence: String(line.sequence),
        bookedAt: Instant.toText(line.bookedAt),
        valueDate: line.valueDate,
        transactionId: line.transactionId,
        kind: line.kind,
        [line.side]: Money.toDecimal(line.amount),
        ...balanceOf(line.balance),
        description: csvText(line.description ?? ""),
        reverses: line.reverses ?? "",
        holdId: line.holdId ?? "",
        metadata: line.metadata === undefined ? "" : JSON.stringify(line.metadata)
      })
    case "StatementClosing":
      return rowOf({
        line: "closing",
        sequence: String(line.entries),
        debit: Money.toDecimal(line.totalDebits),
        credit: Money.toDecimal(line.totalCredits),
        ...balanceOf(line.closing)
      })
  }
}
