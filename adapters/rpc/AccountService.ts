/** `bank.account.v1.AccountService` over the use cases of `application/accounts`. */
import { Schema } from "effect"
import { type AccessServices, AccountGuards, LedgerGuards, listedFor } from "../../application/access/index.ts"
import {
  AccountView,
  CloseAccount,
  closeAccount,
  FreezeAccount,
  freezeAccount,
  GetAccount,
  getAccount,
  ListAccounts,
  listAccounts,
  OpenAccount,
  openAccount,
  RenameAccount,
  renameAccount,
  SetOverdraftLimit,
  setOverdraftLimit,
  UnfreezeAccount,
  unfreezeAccount
} from "../../application/accounts/index.ts"
import {
  BalanceView,
  GetBalance,
  GetStatement,
  getBalance,
  getStatement,
  streamStatement
} from "../../application/ledger/index.ts"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import type { Bank } from "../../application/ports/Bank.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { Statement, StatementLine } from "../../domain/ledger/index.ts"
import { AccountService } from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { guarded } from "./Door.ts"
import { limitDefault } from "./Limits.ts"
import { serverStream } from "./ServerStream.ts"
import { keyed, type RpcService, unary } from "./Unary.ts"

const { method } = AccountService
const account = { answer: AccountView, as: "account" } as const

const Accounts = Schema.Struct({ items: Schema.Array(AccountView), next: Schema.optionalKey(AccountId) })

const rpcs = {
  openAccount: keyed({
    method: method.openAccount,
    door: guarded(AccountGuards.openAccount),
    command: OpenAccount,
    ...account,
    run: (command, key, { caller }) => openAccount(command, key, caller.customer)
  }),
  getAccount: unary({
    method: method.getAccount,
    door: guarded(AccountGuards.readAccount),
    command: GetAccount,
    ...account,
    run: getAccount
  }),
  listAccounts: unary({
    method: method.listAccounts,
    door: guarded(AccountGuards.listAccounts),
    command: ListAccounts,
    answer: Accounts,
    defaults: { limit: limitDefault },
    run: (query, { caller }) => listAccounts(listedFor(query, caller))
  }),
  renameAccount: unary({
    method: method.renameAccount,
    door: guarded(AccountGuards.renameAccount),
    command: RenameAccount,
    ...account,
    defaults: { name: null },
    run: renameAccount
  }),
  setOverdraftLimit: unary({
    method: method.setOverdraftLimit,
    door: guarded(AccountGuards.setOverdraftLimit),
    command: SetOverdraftLimit,
    ...account,
    run: setOverdraftLimit
  }),
  freezeAccount: unary({
    method: method.freezeAccount,
    door: guarded(AccountGuards.freezeAccount),
    command: FreezeAccount,
    ...account,
    run: freezeAccount
  }),
  unfreezeAccount: unary({
    method: method.unfreezeAccount,
    door: guarded(AccountGuards.unfreezeAccount),
    command: UnfreezeAccount,
    ...account,
    run: unfreezeAccount
  }),
  closeAccount: unary({
    method: method.closeAccount,
    door: guarded(AccountGuards.closeAccount),
    command: CloseAccount,
    ...account,
    run: closeAccount
  }),
  getStatement: unary({
    method: method.getStatement,
    door: guarded(LedgerGuards.readStatement),
    command: GetStatement,
    answer: Statement,
    as: "statement",
    run: getStatement
  }),
  streamStatement: serverStream({
    method: method.streamStatement,
    door: guarded(LedgerGuards.readStatement),
    command: GetStatement,
    item: StatementLine.StatementLine,
    as: "lines",
    run: streamStatement
  }),
  getBalance: unary({
    method: method.getBalance,
    door: guarded(LedgerGuards.readBalance),
    command: GetBalance,
    answer: BalanceView,
    as: "balance",
    run: getBalance
  })
}

/** Customers' accounts. */
export const accountService: RpcService<AccessServices | AccountStore | Bank | Ids | Ledger> = {
  desc: AccountService,
  register: (router, context, options) => {
    router.service(
      AccountService,
      {
        openAccount: rpcs.openAccount(context),
        getAccount: rpcs.getAccount(context),
        listAccounts: rpcs.listAccounts(context),
        renameAccount: rpcs.renameAccount(context),
        setOverdraftLimit: rpcs.setOverdraftLimit(context),
        freezeAccount: rpcs.freezeAccount(context),
        unfreezeAccount: rpcs.unfreezeAccount(context),
        closeAccount: rpcs.closeAccount(context),
        getStatement: rpcs.getStatement(context),
        streamStatement: rpcs.streamStatement(context),
        getBalance: rpcs.getBalance(context)
      },
      options
    )
  }
}
