import { Result } from "effect"
import type { Instant } from "../calendar/index.ts"
import type { HoldId, TransactionId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { type Book, type Change, draftOf, type LinkedChange } from "./Book.ts"
import {
  type CloseAccount,
  type Command,
  type ConfigureAccount,
  type Linked,
  linkedEntriesMax,
  type OpenAccount,
  type Single
} from "./Command.ts"
import { type LedgerAccount, posted } from "./LedgerAccount.ts"
import { type Booking, post } from "./Posting.ts"
import {
  AccountAlreadyExists,
  AccountClosed,
  AccountCurrencyMismatch,
  AccountNotFound,
  BalanceOutstanding,
  HoldsOutstanding,
  LinkedRejected,
  LinkedTooLong,
  type Reason,
  type Rejection
} from "./Rejection.ts"
import { authorize, capture, release } from "./Reserving.ts"
import { reverse } from "./Reversing.ts"

/** Ids for what a single command may create. */
export interface NewIds {
  readonly transactionId: TransactionId
  readonly holdId: HoldId
}

/** What a decision is given besides the book: the time, the business date, and ids for what it may create. */
export interface Occasion extends Booking, NewIds {
  /** For linked commands: the ids for each of them, ascending in their order. */
  readonly linked?: ReadonlyArray<NewIds>
}

type Decided = Result.Result<Change, Reason>

const open = (book: Book, command: OpenAccount, now: Instant.Instant): Decided => {
  const { _tag, accountId, overdraftLimit, ...terms } = command
  if (book.account(accountId) !== undefined) return Result.fail(new AccountAlreadyExists({ accountId }))
  if (overdraftLimit.currency !== command.currency)
    return Result.fail(
      new AccountCurrencyMismatch({ accountId, expected: command.currency, actual: overdraftLimit.currency })
    )
  const account: LedgerAccount = {
    ...terms,
    id: accountId,
    overdraftLimit: overdraftLimit.minor,
    restriction: "none",
    closed: false,
    sequence: 0,
    openHolds: 0,
    postedDebits: 0n,
    postedCredits: 0n,
    pendingDebits: 0n,
    pendingCredits: 0n,
    openedAt: now
  }
  return Result.succeed({ accounts: [account] })
}

const standing = (book: Book, command: ConfigureAccount | CloseAccount): Result.Result<LedgerAccount, Reason> => {
  const account = book.account(command.accountId)
  if (account === undefined) return Result.fail(new AccountNotFound({ accountId: command.accountId }))
  if (account.closed) return Result.fail(new AccountClosed({ accountId: command.accountId }))
  return Result.succeed(account)
}

const configure = (book: Book, command: ConfigureAccount): Decided =>
  Result.gen(function* () {
    const account = yield* standing(book, command)
    const { overdraftLimit, restriction, revision } = command
    if (overdraftLimit.currency !== account.currency)
      return yield* Result.fail(
        new AccountCurrencyMismatch({
          accountId: account.id,
          expected: account.currency,
          actual: overdraftLimit.currency
        })
      )
    return revision <= account.revision
      ? { accounts: [account] }
      : { accounts: [{ ...account, overdraftLimit: overdraftLimit.minor, restriction, revision }] }
  })

const close = (book: Book, command: CloseAccount, booking: Booking): Decided =>
  Result.gen(function* () {
    const account = yield* standing(book, command)
    const { accountId, sweepTo, revision } = command
    if (account.openHolds > 0)
      return yield* Result.fail(new HoldsOutstanding({ accountId, openHolds: account.openHolds }))
    const balance = Money.make(posted(account), account.currency)
    if (balance.minor === 0n) return { accounts: [{ ...account, closed: true, revision }] }
    if (sweepTo === undefined || sweepTo === accountId || balance.minor < 0n)
      return yield* Result.fail(new BalanceOutstanding({ accountId, balance }))
    const out = account.normalSide === "credit" ? "debit" : "credit"
    const swept = yield* post(
      book,
      { kind: "closing" },
      [
        { accountId, side: out, amount: balance },
        { accountId: sweepTo, side: account.normalSide, amount: balance }
      ],
      booking
    )
    return {
      ...swept,
      accounts: swept.accounts.map((each) => (each.id === accountId ? { ...each, closed: true, revision } : each))
    }
  })

const decideSingle = (book: Book, command: Single, occasion: Booking & NewIds): Decided => {
  switch (command._tag) {
    case "OpenAccount":
      return open(book, command, occasion.now)
    case "ConfigureAccount":
      return configure(book, command)
    case "CloseAccount":
      return close(book, command, occasion)
    case "Post": {
      const { _tag, legs, ...head } = command
      return post(book, head, legs, occasion)
    }
    case "Authorize":
      return authorize(book, command, occasion.holdId, occasion.now)
    case "Capture":
      return capture(book, command, occasion)
    case "Release":
      return release(book, command, occasion.now)
    case "Reverse":
      return reverse(book, command, occasion)
  }
}

const decideLinked = (
  book: Book,
  { commands }: Linked,
  { now, businessDate, linked: ids = [] }: Occasion
): Result.Result<LinkedChange, Rejection> => {
  const draft = draftOf(book)
  const linked: Array<Change> = []
  let entries = 0
  for (const [index, command] of commands.entries()) {
    const own = ids[index]
    if (own === undefined) throw new Error(`no ids for the linked command ${index}`)
    const decided = decideSingle(draft, command, { now, businessDate, ...own })
    if (Result.isFailure(decided)) return Result.fail(new LinkedRejected({ index, reason: decided.failure }))
    entries += decided.success.transaction?.entries.length ?? 0
    if (entries > linkedEntriesMax)
      return Result.fail(new LinkedRejected({ index, reason: new LinkedTooLong({ entriesMax: linkedEntriesMax }) }))
    draft.apply(decided.success)
    linked.push(decided.success)
  }
  return Result.succeed({ linked })
}

/**
 * Decides one command against the book: pure, total and the same in every store. Due holds are expired before it
 * (`expire`), so that their money is available here even if no sweeper has come by.
 */
export const decide = (
  book: Book,
  command: Command,
  occasion: Occasion
): Result.Result<Change | LinkedChange, Rejection> =>
  command._tag === "Linked" ? decideLinked(book, command, occasion) : decideSingle(book, command, occasion)
