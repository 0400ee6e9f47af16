import { GetStatement, getStatement } from "../../../application/ledger/index.ts"
import { Statement } from "../../../domain/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"

/** Statements of account. */
export const statements = [
  endpoint({
    method: "GET",
    path: "/v1/accounts/{account}/statements/{period}",
    operationId: "getStatement",
    summary: "Read an account's statement of a calendar month such as 2026-11",
    command: GetStatement,
    answer: Statement,
    answerName: "Statement",
    status: 200,
    errors: ["AccountNotFound", "StatementTooLong"],
    run: (query) => getStatement(query)
  })
]
