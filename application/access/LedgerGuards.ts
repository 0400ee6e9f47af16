/**
 * The guards before the use cases of the ledger. What was posted is not said again on the audit log, which names it: the
 * ledger keeps it for ever, and proves it.
 */
import { Effect } from "effect"
import type { AccountId, HoldId, TransactionId } from "../../domain/ids/index.ts"
import { Rejection, type Side } from "../../domain/ledger/index.ts"
import type { Money } from "../../domain/money/index.ts"
import {
  type AuthorizeHold,
  BatchRejected,
  type CaptureHold,
  type Deposit,
  type MoneyItem,
  type PostTransaction,
  type ReverseTransaction,
  type Transfer,
  type Withdraw
} from "../ledger/index.ts"
import { Ledger } from "../ports/Ledger.ts"
import { accountHidden, ownerHidden, readsAccount } from "./AccountGuards.ts"
import type { Guard, TargetAccount } from "./Guard.ts"

export const readBalance = readsAccount("balances.read")
export const readStatement = readsAccount("statements.read")
export const readEntries = readsAccount("entries.read")

const cash = ({ account, amount }: Deposit | Withdraw): TargetAccount => ({ account, amount, isCash: true })

export const deposit: Guard<Deposit> = {
  operation: "deposits.post",
  target: (command) => Effect.succeed({ accounts: [cash(command)] }),
  hidden: accountHidden,
  recordsAnswer: false
}

export const withdraw: Guard<Withdraw> = { ...deposit, operation: "withdrawals.post" }

/** What leaves an account counts once: it comes to another by an entry of its own. */
const debited = (account: AccountId, side: Side, amount: Money.Money): TargetAccount =>
  side === "debit" ? { account, amount } : { account }

const payer = ({ from, amount }: Transfer | AuthorizeHold): TargetAccount => ({ account: from, amount })

const payerHidden = ({ from }: Transfer | AuthorizeHold) => new Rejection.AccountNotFound({ accountId: from })

export const transfer: Guard<Transfer> = {
  operation: "transfers.post",
  target: (command) => Effect.succeed({ accounts: [payer(command)], ids: [command.from, command.to] }),
  hidden: payerHidden,
  recordsAnswer: false
}

const accountOfItem = (item: MoneyItem): AccountId => (item.kind === "transfer" ? item.from : item.account)

/** Items of a batch, or of one message of a stream of them. */
interface Items {
  readonly items: ReadonlyArray<MoneyItem>
}

/** A batch is refused as a whole where one of its items is: it is one request of one caller. */
export const postBatch: Guard<Items> = {
  operation: "transfers.postBatch",
  target: ({ items }, { customer, branch }) =>
    Effect.succeed(
      items.length > 0
        ? { accounts: items.map((item) => (item.kind === "transfer" ? payer(item) : cash(item))) }
        : // A message of a stream in which no item could be read: it touches nobody's.
          {
            facts: [
              {
                ...(customer === undefined ? {} : { customer }),
                ...(branch === undefined ? {} : { branch }),
                delegated: []
              }
            ]
          }
    ),
  hidden: ({ items }, index) => {
    const item = items[index]
    return item === undefined
      ? ownerHidden()
      : new BatchRejected({ index, reason: new Rejection.AccountNotFound({ accountId: accountOfItem(item) }) })
  },
  recordsAnswer: false
}

export const authorizeHold: Guard<AuthorizeHold> = {
  operation: "holds.authorize",
  target: (command) => Effect.succeed({ accounts: [payer(command)], ids: [command.from, command.to] }),
  hidden: payerHidden,
  recordsAnswer: false
}

interface AboutHold {
  readonly hold: HoldId
}

const holdHidden = ({ hold }: AboutHold) => new Rejection.HoldNotFound({ holdId: hold })

/** Both sides of a hold see it. */
export const readHold: Guard<AboutHold> = {
  operation: "holds.read",
  target: Effect.fnUntraced(function* ({ hold }) {
    const { debitAccountId, creditAccountId } = yield* (yield* Ledger).hold(hold)
    return { accounts: [{ account: debitAccountId }, { account: creditAccountId }], needs: "some", ids: [hold] }
  }),
  hidden: holdHidden,
  recordsAnswer: false
}

/** What was reserved for the payee is the payee's to take or to let go. */
const payeeTakes = Effect.fnUntraced(function* ({ hold }: AboutHold) {
  const { creditAccountId } = yield* (yield* Ledger).hold(hold)
  return { accounts: [{ account: creditAccountId }], ids: [hold, creditAccountId] }
})

export const captureHold: Guard<CaptureHold> = {
  operation: "holds.capture",
  target: payeeTakes,
  hidden: holdHidden,
  recordsAnswer: false
}

export const releaseHold: Guard<AboutHold> = {
  operation: "holds.release",
  target: payeeTakes,
  hidden: holdHidden,
  recordsAnswer: false
}

interface AboutTransaction {
  readonly transaction: TransactionId
}

const transactionHidden = ({ transaction }: AboutTransaction) =>
  new Rejection.TransactionNotFound({ transactionId: transaction })

/** Every party to a transaction sees it. */
const parties = Effect.fnUntraced(function* ({ transaction }: AboutTransaction) {
  const { entries } = yield* (yield* Ledger).transaction(transaction)
  return {
    accounts: entries.map(({ accountId }) => ({ account: accountId })),
    needs: "some" as const,
    ids: [transaction]
  }
})

export const readTransaction: Guard<AboutTransaction> = {
  operation: "transactions.read",
  target: parties,
  hidden: transactionHidden,
  recordsAnswer: false
}

export const readReceipt: Guard<AboutTransaction> = { ...readTransaction, operation: "proofs.readReceipt" }

export const reverseTransaction: Guard<ReverseTransaction> = {
  operation: "transactions.reverse",
  target: Effect.fnUntraced(function* (command) {
    const { entries } = yield* (yield* Ledger).transaction(command.transaction)
    return {
      accounts: entries.map(({ accountId, side, amount }) => debited(accountId, side, command.amount ?? amount)),
      ids: [command.transaction]
    }
  }),
  hidden: transactionHidden,
  recordsAnswer: false
}

export const postTransaction: Guard<PostTransaction> = {
  operation: "transactions.post",
  target: ({ entries }) =>
    Effect.succeed({ accounts: entries.map(({ accountId, side, amount }) => debited(accountId, side, amount)) }),
  hidden: ({ entries }, index) => {
    const entry = entries[index]
    return entry === undefined ? ownerHidden() : new Rejection.AccountNotFound({ accountId: entry.accountId })
  },
  recordsAnswer: false
}

/** What the tree is like as a whole shows nothing of anybody's. */
export const readTree: Guard<unknown> = {
  operation: "proofs.readTree",
  target: () => Effect.succeed({}),
  hidden: ownerHidden,
  recordsAnswer: false
}
