import { Effect } from "effect"
import { AccountGuards, listedFor } from "../../../application/access/index.ts"
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
} from "../../../application/accounts/index.ts"
import { endpoint } from "../Endpoint.ts"
import { amount, otherAccount } from "../examples.ts"
import { page, pageOf } from "../Page.ts"

const accountAnswer = {
  answer: AccountView,
  answerName: "Account",
  version: ({ version }: AccountView): number => version
}

/** Customers' accounts: opening, reading, settings and closing. */
export const accounts = [
  endpoint({
    method: "POST",
    path: "/v1/accounts",
    operationId: "openAccount",
    summary: "Open an account",
    command: OpenAccount,
    ...accountAnswer,
    status: 201,
    errors: [
      "UnknownProduct",
      "CurrencyNotOffered",
      "CurrencyMismatch",
      "OverdraftLimitOutOfRange",
      "OverdraftNotAllowed"
    ],
    location: ({ id }) => `/v1/accounts/${id}`,
    example: { product: "checking", currency: "USD", name: "Household" },
    guard: AccountGuards.openAccount,
    run: (command, { key, caller }) => openAccount(command, key, caller.customer)
  }),
  endpoint({
    method: "GET",
    path: "/v1/accounts",
    operationId: "listAccounts",
    summary: "List accounts in the order of opening",
    command: ListAccounts,
    answer: pageOf(AccountView),
    answerName: "AccountPage",
    status: 200,
    errors: [],
    list: "accounts",
    guard: AccountGuards.listAccounts,
    run: (query, { caller }) => Effect.map(listAccounts(listedFor(query, caller)), page("accounts"))
  }),
  endpoint({
    method: "GET",
    path: "/v1/accounts/{account}",
    operationId: "getAccount",
    summary: "Read an account with its balances",
    command: GetAccount,
    ...accountAnswer,
    status: 200,
    errors: ["AccountNotFound"],
    guard: AccountGuards.readAccount,
    run: (query) => getAccount(query)
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/accounts/{account}",
    operationId: "renameAccount",
    summary: "Name an account; null takes its name away",
    command: RenameAccount,
    ...accountAnswer,
    status: 200,
    errors: ["AccountNotFound", "VersionConflict", "AccountAlreadyClosed", "IllegalStatusTransition"],
    ifMatch: "required",
    example: { name: "Holidays" },
    guard: AccountGuards.renameAccount,
    run: (command) => renameAccount(command)
  }),
  endpoint({
    method: "PUT",
    path: "/v1/accounts/{account}/overdraft-limit",
    operationId: "setOverdraftLimit",
    summary: "Set how far an account may be overdrawn",
    command: SetOverdraftLimit,
    ...accountAnswer,
    status: 200,
    errors: [
      "AccountNotFound",
      "VersionConflict",
      "AccountAlreadyClosed",
      "CurrencyMismatch",
      "OverdraftLimitOutOfRange",
      "OverdraftNotAllowed"
    ],
    ifMatch: "required",
    example: { overdraftLimit: amount },
    guard: AccountGuards.setOverdraftLimit,
    run: (command) => setOverdraftLimit(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/accounts/{account}/freeze",
    operationId: "freezeAccount",
    summary: "Refuse debits, credits or both from now on",
    command: FreezeAccount,
    ...accountAnswer,
    status: 200,
    errors: ["AccountNotFound", "VersionConflict", "AccountAlreadyClosed", "IllegalStatusTransition"],
    ifMatch: "optional",
    example: { freeze: "debits" },
    guard: AccountGuards.freezeAccount,
    run: (command) => freezeAccount(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/accounts/{account}/unfreeze",
    operationId: "unfreezeAccount",
    summary: "Lift a freeze",
    command: UnfreezeAccount,
    ...accountAnswer,
    status: 200,
    errors: ["AccountNotFound", "VersionConflict", "AccountAlreadyClosed", "IllegalStatusTransition"],
    ifMatch: "optional",
    guard: AccountGuards.unfreezeAccount,
    run: (command) => unfreezeAccount(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/accounts/{account}/close",
    operationId: "closeAccount",
    summary: "Sweep the balance to another account and close for good",
    command: CloseAccount,
    ...accountAnswer,
    status: 200,
    errors: [
      "AccountNotFound",
      "VersionConflict",
      "AccountAlreadyClosed",
      "SweepToSelf",
      "HoldsOutstanding",
      "BalanceOutstanding"
    ],
    ifMatch: "optional",
    example: { sweepTo: otherAccount },
    guard: AccountGuards.closeAccount,
    run: (command) => closeAccount(command)
  })
]
