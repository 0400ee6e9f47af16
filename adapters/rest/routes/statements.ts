import { Effect, Schema, Stream } from "effect"
import { LedgerGuards } from "../../../application/access/index.ts"
import {
  BalanceView,
  GetBalance,
  GetStatement,
  getBalance,
  getStatement,
  streamStatement
} from "../../../application/ledger/index.ts"
import { Statement, StatementLine } from "../../../domain/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { statementCsv } from "../StatementCsv.ts"

const encodeLine = Schema.encodeSync(Schema.fromJsonString(StatementLine.StatementLine))

/** A statement as text, as many lines at a time as were read at a time. */
const streamed = (textOf: (line: StatementLine.StatementLine) => string) => (query: GetStatement) =>
  Effect.map(streamStatement(query), (lines) => Stream.map(Stream.chunks(lines), (chunk) => chunk.map(textOf).join("")))

/** Statements of account, and balances as of then. */
export const statements = [
  endpoint({
    method: "GET",
    path: "/v1/accounts/{account}/statements/{period}",
    operationId: "getStatement",
    summary:
      "Read an account's statement of a calendar month such as 2026-11; of any length as text/csv or application/x-ndjson",
    command: GetStatement,
    answer: Statement,
    answerName: "Statement",
    status: 200,
    errors: ["AccountNotFound", "StatementTooLong"],
    streams: {
      "text/csv": streamed(statementCsv),
      "application/x-ndjson": streamed((line) => `${encodeLine(line)}\n`)
    },
    guard: LedgerGuards.readStatement,
    run: (query) => getStatement(query)
  }),
  endpoint({
    method: "GET",
    path: "/v1/accounts/{account}/balance",
    operationId: "getBalance",
    summary: "Read an account's posted balance as of a booking time or as of a value date",
    command: GetBalance,
    answer: BalanceView,
    answerName: "Balance",
    status: 200,
    errors: ["AccountNotFound"],
    query: { bookedAt: "text", valueDate: "text" },
    guard: LedgerGuards.readBalance,
    run: (query) => getBalance(query)
  })
]
