import { Result } from "effect"
import type { Instant } from "../calendar/index.ts"
import type { AccountId, HoldId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { type Book, type Change, draftOf } from "./Book.ts"
import type { Authorize, Capture, Release } from "./Command.ts"
import { type Hold, isDue, remaining } from "./Hold.ts"
import { afterReserve, type LedgerAccount } from "./LedgerAccount.ts"
import { type Booking, overdrawn, post, usable } from "./Posting.ts"
import { CaptureExceedsHold, HoldAlreadyExpired, HoldEnded, HoldNotFound, type Reason } from "./Rejection.ts"
import type { Transaction } from "./Transaction.ts"

type Decided = Result.Result<Change, Reason>

/** Reserves the amount on both accounts; see `Authorize` for the errors. */
export const authorize = (book: Book, command: Authorize, holdId: HoldId, now: Instant.Instant): Decided => {
  const { _tag, amount, ...terms } = command
  if (command.expiresAt !== undefined && command.expiresAt <= now) return Result.fail(new HoldAlreadyExpired({}))
  const draft = draftOf(book)
  for (const side of ["debit", "credit"] as const) {
    const found = usable(draft, side === "debit" ? command.debitAccountId : command.creditAccountId, side, amount)
    if (Result.isFailure(found)) return Result.fail(found.failure)
    draft.apply({ accounts: [afterReserve(found.success, side, amount.minor, 1)] })
  }
  const accounts = [...draft.changed().accounts]
  for (const account of accounts) {
    const rejection = overdrawn(book.account(account.id) ?? account, account)
    if (rejection !== undefined) return Result.fail(rejection)
  }
  const hold: Hold = {
    ...terms,
    id: holdId,
    amount,
    captured: Money.zero(amount.currency),
    status: "authorized",
    authorizedAt: now
  }
  return Result.succeed({ accounts, hold })
}

const openHold = (book: Book, holdId: HoldId, now: Instant.Instant): Result.Result<Hold, Reason> => {
  const hold = book.hold(holdId)
  if (hold === undefined) return Result.fail(new HoldNotFound({ holdId }))
  if (isDue(hold, now)) return Result.fail(new HoldEnded({ holdId, status: "expired" }))
  if (hold.status !== "authorized") return Result.fail(new HoldEnded({ holdId, status: hold.status }))
  return Result.succeed(hold)
}

/** Gives back `minor` units on both accounts of the hold and, where it `ends`, closes it there. */
const giveBack = (
  book: Pick<Book, "account">,
  hold: Hold,
  minor: bigint,
  ends: boolean
): ReadonlyArray<LedgerAccount> => {
  const back = new Map<AccountId, LedgerAccount>()
  for (const side of ["debit", "credit"] as const) {
    const id = side === "debit" ? hold.debitAccountId : hold.creditAccountId
    const account = back.get(id) ?? book.account(id)
    if (account !== undefined) back.set(id, afterReserve(account, side, -minor, ends ? -1 : 0))
  }
  return [...back.values()]
}

/** Ends the hold without posting anything. */
const end = (book: Book, hold: Hold, status: "released" | "expired"): Change => ({
  accounts: giveBack(book, hold, remaining(hold), true),
  hold: { ...hold, status }
})

/** Gives back what the hold still reserves; see `Release` for the errors. */
export const release = (book: Book, command: Release, now: Instant.Instant): Decided =>
  Result.map(openHold(book, command.holdId, now), (hold) => end(book, hold, "released"))

/** Ends a hold whose time has run out; nothing changes for one that still stands. */
export const expire = (book: Book, hold: Hold, now: Instant.Instant): Change =>
  isDue(hold, now) ? end(book, hold, "expired") : { accounts: [] }

const captureHead = (hold: Hold, command: Capture): Omit<Transaction, "id" | "bookedAt" | "valueDate" | "entries"> => {
  const description = command.description ?? hold.description
  const metadata = command.metadata ?? hold.metadata
  return {
    kind: "capture",
    holdId: hold.id,
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata })
  }
}

/** Posts the hold or a part of it; see `Capture` for the errors. */
export const capture = (book: Book, command: Capture, booking: Booking): Decided =>
  Result.gen(function* () {
    const hold = yield* openHold(book, command.holdId, booking.now)
    const currency = hold.amount.currency
    const left = Money.make(remaining(hold), currency)
    const amount = command.amount ?? left
    if (amount.currency !== currency)
      return yield* Result.fail(new Money.CurrencyMismatch({ expected: currency, actual: amount.currency }))
    if (amount.minor > left.minor)
      return yield* Result.fail(new CaptureExceedsHold({ holdId: hold.id, remaining: left, requested: amount }))
    const ends = amount.minor === left.minor || !command.keepRest
    const draft = draftOf(book)
    draft.apply({ accounts: giveBack(book, hold, ends ? left.minor : amount.minor, ends) })
    const posted = yield* post(
      draft,
      { ...captureHead(hold, command), ...(command.valueDate === undefined ? {} : { valueDate: command.valueDate }) },
      [
        { accountId: hold.debitAccountId, side: "debit", amount },
        { accountId: hold.creditAccountId, side: "credit", amount }
      ],
      booking,
      true
    )
    return {
      ...posted,
      hold: {
        ...hold,
        captured: Money.make(hold.captured.minor + amount.minor, currency),
        status: ends ? ("captured" as const) : hold.status
      }
    }
  })
