/** Use cases of the ledger: everything that moves money, and its history. */
export { AuthorizeHold, authorizeHold } from "./AuthorizeHold.ts"
export { CaptureHold, captureHold } from "./CaptureHold.ts"
export { Deposit, deposit } from "./Deposit.ts"
export { type EntryBell, entryBell } from "./EntryBell.ts"
export { entryStream } from "./EntryStream.ts"
export { FollowEntries, followEntries } from "./FollowEntries.ts"
export { BalanceView, GetBalance, getBalance } from "./GetBalance.ts"
export { GetHold, getHold } from "./GetHold.ts"
export { GetStatement, getStatement, StatementTooLong } from "./GetStatement.ts"
export { GetTransaction, getTransaction } from "./GetTransaction.ts"
export { ListEntries, listEntries } from "./ListEntries.ts"
export {
  BatchAnswer,
  BatchRejected,
  ItemAnswer,
  type ItemError,
  itemAnswer,
  MoneyItem,
  PostBatch,
  postBatch,
  postItems
} from "./PostBatch.ts"
export { PostTransaction, postTransaction } from "./PostTransaction.ts"
export { relayEvents } from "./RelayEvents.ts"
export { ReleaseHold, releaseHold } from "./ReleaseHold.ts"
export { ReverseTransaction, reverseTransaction } from "./ReverseTransaction.ts"
export { entryPage, remaining, type SequenceRange, windowOf } from "./SearchWindow.ts"
export { streamStatement } from "./StreamStatement.ts"
export { EntryView, TransactionView } from "./TransactionView.ts"
export { Transfer, transfer } from "./Transfer.ts"
export { Withdraw, withdraw } from "./Withdraw.ts"
