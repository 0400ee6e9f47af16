/**
 * `bank.ledger.v1.LedgerService` over the port `Ledger`. It takes keys as they come, for they are scoped already, and any
 * command: serve it inside the bank only.
 */
import { Effect, Schema } from "effect"
import { EntryPage, EntryQuery, EntrySearch, Instruction, Ledger } from "../../application/ports/Ledger.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import { LocalDate } from "../../domain/calendar/index.ts"
import { AccountId, HoldId, TransactionId } from "../../domain/ids/index.ts"
import { Hold, LedgerAccount, Receipt, Transaction } from "../../domain/ledger/index.ts"
import { LedgerService } from "../../proto/gen/bank/ledger/v1/ledger_service_pb.ts"
import { internal } from "./Door.ts"
import { idsMax } from "./Limits.ts"
import { serverStream } from "./ServerStream.ts"
import { type RpcService, unary } from "./Unary.ts"

const { method } = LedgerService
const door = internal("ledger.use")

const rpcs = {
  submit: unary({
    method: method.submit,
    door,
    command: Schema.Struct({ instruction: Instruction }),
    answer: Receipt.Receipt,
    as: "receipt",
    run: ({ instruction }) => Effect.flatMap(Ledger, (ledger) => ledger.submit(instruction))
  }),
  getAccounts: unary({
    method: method.getAccounts,
    door,
    command: Schema.Struct({ ids: Schema.Array(AccountId).check(Schema.isMaxLength(idsMax)) }),
    answer: Schema.Array(LedgerAccount.LedgerAccount),
    as: "accounts",
    run: ({ ids }) => Effect.flatMap(Ledger, (ledger) => ledger.accounts(ids))
  }),
  getTransaction: unary({
    method: method.getTransaction,
    door,
    command: Schema.Struct({ id: TransactionId }),
    answer: Transaction.Transaction,
    as: "transaction",
    run: ({ id }) => Effect.flatMap(Ledger, (ledger) => ledger.transaction(id))
  }),
  getHold: unary({
    method: method.getHold,
    door,
    command: Schema.Struct({ id: HoldId }),
    answer: Hold.Hold,
    as: "hold",
    run: ({ id }) => Effect.flatMap(Ledger, (ledger) => ledger.hold(id))
  }),
  listEntries: unary({
    method: method.listEntries,
    door,
    command: EntryQuery,
    answer: Schema.Array(Transaction.BookedEntry),
    as: "entries",
    run: (query) => Effect.flatMap(Ledger, (ledger) => ledger.entries(query))
  }),
  searchEntries: unary({
    method: method.searchEntries,
    door,
    command: EntrySearch,
    answer: EntryPage,
    as: "page",
    run: (query) => Effect.flatMap(Ledger, (ledger) => ledger.search(query))
  }),
  getBalanceByValueDate: unary({
    method: method.getBalanceByValueDate,
    door,
    command: Schema.Struct({ accountId: AccountId, valueDate: LocalDate.LocalDate }),
    answer: Schema.BigIntFromString,
    as: "minor",
    run: ({ accountId, valueDate }) =>
      Effect.flatMap(Ledger, (ledger) => ledger.balanceByValueDate(accountId, valueDate))
  }),
  followEntries: serverStream({
    method: method.followEntries,
    door,
    command: Schema.Struct({ accountId: AccountId, after: Schema.Int }),
    item: Transaction.BookedEntry,
    as: "entries",
    isEndless: true,
    run: ({ accountId, after }) => Effect.map(Ledger, (ledger) => ledger.follow(accountId, after))
  }),
  expireHolds: unary({
    method: method.expireHolds,
    door,
    command: Schema.Struct({}),
    answer: Schema.Int,
    as: "expired",
    run: () => Effect.flatMap(Ledger, (ledger) => ledger.expireHolds)
  })
}

/** One ledger, for the bank's own services. */
export const ledgerService: RpcService<Ledger | Terms> = {
  desc: LedgerService,
  register: (router, context, options) => {
    router.service(
      LedgerService,
      {
        submit: rpcs.submit(context),
        getAccounts: rpcs.getAccounts(context),
        getTransaction: rpcs.getTransaction(context),
        getHold: rpcs.getHold(context),
        listEntries: rpcs.listEntries(context),
        searchEntries: rpcs.searchEntries(context),
        getBalanceByValueDate: rpcs.getBalanceByValueDate(context),
        followEntries: rpcs.followEntries(context),
        expireHolds: rpcs.expireHolds(context)
      },
      options
    )
  }
}
