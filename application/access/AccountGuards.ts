/** The guards before the use cases of accounts. */
import { Effect, Schema } from "effect"
import { Account } from "../../domain/accounts/index.ts"
import type { Policy } from "../../domain/identity/index.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import { LedgerAccount, Rejection } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { CloseAccount, FreezeAccount, ListAccounts, OpenAccount } from "../accounts/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import type { Caller } from "../ports/Caller.ts"
import { Ledger } from "../ports/Ledger.ts"
import type { Guard, Target } from "./Guard.ts"

/** A command about one account. */
interface AboutAccount {
  readonly account: AccountId
}

export const accountHidden = ({ account }: AboutAccount) => new Rejection.AccountNotFound({ accountId: account })

/** The guard of an operation that reads one account. */
export const readsAccount = (operation: Policy.Operation): Guard<AboutAccount> => ({
  operation,
  target: ({ account }) => Effect.succeed({ accounts: [{ account }] }),
  hidden: accountHidden,
  recordsAnswer: false
})

const encodeAccount = Schema.encodeSync(Account.Account)

const stored = Effect.fnUntraced(function* ({ account }: AboutAccount) {
  const store = yield* AccountStore
  return encodeAccount(yield* store.find(account))
})

const changesAccount = (operation: Policy.Operation): Guard<AboutAccount> => ({
  ...readsAccount(operation),
  before: stored,
  recordsAnswer: true
})

export const readAccount = readsAccount("accounts.read")
export const renameAccount = changesAccount("accounts.rename")
export const setOverdraftLimit = changesAccount("accounts.setOverdraftLimit")

/** To refuse less than a freeze does is to lift it in part: who froze an account for the bank is not undone by its owner. */
export const freezeAccount: Guard<FreezeAccount> = {
  ...changesAccount("accounts.freeze"),
  target: Effect.fnUntraced(function* ({ account, freeze }) {
    const store = yield* AccountStore
    const now = yield* Effect.catchTag(store.find(account), "AccountNotFound", () => Effect.succeed(undefined))
    const isLess = now?.status === "frozen" && now.freeze !== freeze && freeze !== "both"
    return { accounts: [{ account }], ...(isLess ? { also: ["accounts.unfreeze"] } : {}) }
  })
}

export const unfreezeAccount = changesAccount("accounts.unfreeze")

/** Closing moves what is on the account, which counts as its amount. */
export const closeAccount: Guard<CloseAccount> = {
  ...changesAccount("accounts.close"),
  target: Effect.fnUntraced(function* ({ account, sweepTo }) {
    const ledger = yield* Ledger
    const [found] = yield* ledger.accounts([account])
    const posted = found === undefined ? 0n : LedgerAccount.posted(found)
    const moves = found !== undefined && posted > 0n ? { amount: Money.make(posted, found.currency) } : {}
    return {
      accounts: [{ account, ...moves }],
      ids: sweepTo === undefined ? [account] : [account, sweepTo]
    }
  })
}

/** There is no such customer, or none that the caller may know of. */
export class OwnerNotFound extends Schema.TaggedError<OwnerNotFound>()("OwnerNotFound", {}) {}

export const ownerHidden = () => new OwnerNotFound({})

const ownerOf = ({ owner }: OpenAccount | ListAccounts, { customer }: Caller) => {
  const named = owner ?? customer
  // Without either it is nobody's in particular: only who reaches any may.
  return named === undefined ? { facts: [{ delegated: [] }] } : { customers: [named] }
}

// To open an account with a limit is to set one, and nobody lends itself money.
const besides = ({ overdraftLimit }: OpenAccount): Pick<Target, "also"> =>
  overdraftLimit !== undefined && overdraftLimit.minor > 0n ? { also: ["accounts.setOverdraftLimit"] } : {}

export const openAccount: Guard<OpenAccount> = {
  operation: "accounts.open",
  target: (command, caller) => Effect.succeed({ ...ownerOf(command, caller), ...besides(command) }),
  hidden: ownerHidden,
  recordsAnswer: true
}

const seesAll = ({ roles }: Caller): boolean =>
  roles.some((role) => role === "auditor" || role === "operator" || role === "service")

/** The list that a caller means who names no owner: all accounts where it may see all, else its own. */
export const listedFor = (query: ListAccounts, caller: Caller): ListAccounts =>
  query.owner !== undefined || caller.customer === undefined || seesAll(caller)
    ? query
    : { ...query, owner: caller.customer }

export const listAccounts: Guard<ListAccounts> = {
  operation: "accounts.list",
  target: (query, caller) => {
    const { owner } = listedFor(query, caller)
    return Effect.succeed(owner === undefined ? { facts: [{ delegated: [] }] } : { customers: [owner] })
  },
  hidden: ownerHidden,
  recordsAnswer: false
}
