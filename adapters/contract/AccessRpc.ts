/** The rows of the access matrix for RPCs; `AccessMatrix.ts` says how to read and add them. */
import type { JsonObject } from "@bufbuild/protobuf"
import {
  closes,
  type Expected,
  everyone,
  lists,
  manages,
  opens,
  operates,
  operatesByTwo,
  pays,
  paysBatch,
  paysCash,
  programs,
  sees,
  thaws,
  undoesByTwo
} from "./AccessMatrix.ts"
import type { Things } from "./AccessWorld.ts"

/** An RPC by its full name, and its request as JSON. */
export interface RpcRow {
  readonly name: string
  readonly expected: Expected
  readonly request: (it: Things) => JsonObject
}

const rowsOf =
  (service: string) =>
  (method: string, expected: Expected, request: RpcRow["request"] = () => ({})): RpcRow => ({
    name: `${service}.${method}`,
    expected,
    request
  })

const amount = { amount: "1.00", currency: "USD" }
const aboutAccount = ({ account }: Things) => ({ account })
const aboutHold = ({ hold }: Things) => ({ hold })
const aboutTransaction = ({ transaction }: Things) => ({ transaction })
const paid = ({ account, other }: Things) => ({ from: account, to: other, amount })
const item = (it: Things) => ({ kind: "TRANSACTION_KIND_TRANSFER", ...paid(it) })
const month = new Date().toISOString().slice(0, 7)

const accounts = rowsOf("bank.account.v1.AccountService")
const transactions = rowsOf("bank.transaction.v1.TransactionService")
const proofs = rowsOf("bank.proof.v1.ProofService")
const ledger = rowsOf("bank.ledger.v1.LedgerService")

export const rpcRows: ReadonlyArray<RpcRow> = [
  accounts("OpenAccount", opens, ({ customer }) => ({ product: "checking", currency: "USD", owner: customer })),
  accounts("GetAccount", sees, aboutAccount),
  accounts("ListAccounts", lists, ({ customer }) => ({ owner: customer })),
  accounts("RenameAccount", manages, ({ account }) => ({ account, name: "Holidays" })),
  accounts("SetOverdraftLimit", operates, ({ account }) => ({ account, overdraftLimit: amount })),
  accounts("FreezeAccount", manages, ({ account }) => ({ account, freeze: "FREEZE_DEBITS" })),
  accounts("UnfreezeAccount", thaws, ({ frozen }) => ({ account: frozen })),
  accounts("CloseAccount", closes, ({ spare, other }) => ({ account: spare, sweepTo: other })),
  accounts("GetStatement", sees, ({ account }) => ({ account, period: month })),
  accounts("StreamStatement", sees, ({ account }) => ({ account, period: month })),
  accounts("GetBalance", sees, ({ account }) => ({ account, valueDate: "2030-01-01" })),

  transactions("Deposit", paysCash, ({ account }) => ({ account, amount })),
  transactions("Withdraw", paysCash, ({ account }) => ({ account, amount })),
  transactions("Transfer", pays, paid),
  transactions("PostTransferBatch", paysBatch, (it) => ({ mode: "BATCH_MODE_INDEPENDENT", items: [item(it)] })),
  transactions("StreamTransfers", pays, (it) => ({ items: [{ idempotencyKey: it.account, item: item(it) }] })),
  transactions("PostTransaction", operatesByTwo, ({ account, other }) => ({
    entries: [
      { accountId: account, side: "SIDE_DEBIT", amount },
      { accountId: other, side: "SIDE_CREDIT", amount }
    ]
  })),
  transactions("ReverseTransaction", undoesByTwo, aboutTransaction),
  transactions("GetTransaction", sees, aboutTransaction),
  transactions("AuthorizeHold", pays, paid),
  transactions("CaptureHold", pays, ({ hold }) => ({ hold, amount, keepRest: true })),
  transactions("ReleaseHold", pays, aboutHold),
  transactions("GetHold", sees, aboutHold),
  transactions("ListAccountTransactions", sees, aboutAccount),
  transactions("FollowEntries", sees, aboutAccount),

  proofs("GetPublicKey", everyone),
  proofs("GetTreeHead", everyone),
  proofs("GetReceiptProof", sees, aboutTransaction),
  proofs("GetConsistencyProof", everyone, () => ({ from: "1", to: "2" })),

  ledger("Submit", programs, ({ account, other }) => ({
    instruction: {
      key: `matrix:${account}`,
      command: {
        post: {
          kind: "TRANSACTION_KIND_TRANSFER",
          legs: [
            { accountId: account, side: "SIDE_DEBIT", amount },
            { accountId: other, side: "SIDE_CREDIT", amount }
          ]
        }
      }
    }
  })),
  ledger("GetAccounts", programs, ({ account }) => ({ ids: [account] })),
  ledger("GetTransaction", programs, ({ transaction }) => ({ id: transaction })),
  ledger("GetHold", programs, ({ hold }) => ({ id: hold })),
  ledger("ListEntries", programs, ({ account }) => ({ accountId: account, order: "ENTRY_ORDER_NEWEST", limit: 10 })),
  ledger("SearchEntries", programs, ({ account }) => ({ accountId: account, order: "ENTRY_ORDER_NEWEST", limit: 10 })),
  ledger("GetBalanceByValueDate", programs, ({ account }) => ({ accountId: account, valueDate: "2030-01-01" })),
  ledger("FollowEntries", programs, ({ account }) => ({ accountId: account, after: "0" })),
  ledger("ExpireHolds", programs)
]
