/**
 * The reference model of a ledger: the rules read from their descriptions and written down in the plainest way, to be
 * compared with the ledgers that the bank runs. It shares types, ids and money with them and none of their decisions.
 */
import type { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import {
  type Command,
  type Hold,
  LedgerAccount,
  type Receipt,
  Rejection,
  type Side,
  type Transaction
} from "../../../domain/ledger/index.ts"
import { Money } from "../../../domain/money/index.ts"
import { canonical } from "./canonical.ts"
import * as Model from "./Model.ts"

/** When a command is decided, and the ids of what it makes. */
export interface Occasion {
  readonly now: Instant.Instant
  readonly transactionId: TransactionId
  readonly holdId: HoldId
  readonly businessDate: LocalDate.LocalDate
  /** For linked commands: the ids of what each of them makes. */
  readonly linked?: ReadonlyArray<{ readonly transactionId: TransactionId; readonly holdId: HoldId }>
}

type Decision = Exclude<Receipt.Receipt, Receipt.LinkedApplied> | Rejection.Reason

/** What a caller may say about a transaction. */
interface Memo {
  readonly valueDate?: LocalDate.LocalDate
  readonly description?: string
  readonly metadata?: { readonly [key: string]: string }
}

const memoOf = ({ description, metadata }: Memo): Omit<Memo, "valueDate"> => ({
  ...(description === undefined ? {} : { description }),
  ...(metadata === undefined ? {} : { metadata })
})

const total = (legs: ReadonlyArray<Model.Leg>, side: Side, matches: (leg: Model.Leg) => boolean): bigint =>
  legs.filter((leg) => leg.side === side && matches(leg)).reduce((sum, leg) => sum + leg.amount.minor, 0n)

/** Why the account takes no new entry on this side in this currency, if it does not. */
const refusedByAccount = (model: Model.Model, leg: Model.Leg): Rejection.Reason | undefined => {
  const { accountId, side, amount } = leg
  const account = model.accounts.get(accountId)
  if (account === undefined) return new Rejection.AccountNotFound({ accountId })
  if (account.closed) return new Rejection.AccountClosed({ accountId })
  if (account.currency !== amount.currency) {
    return new Rejection.AccountCurrencyMismatch({ accountId, expected: account.currency, actual: amount.currency })
  }
  const { restriction } = account
  const frozen = restriction === "both" || restriction === `${side}s`
  return frozen ? new Rejection.AccountRestricted({ accountId, restriction }) : undefined
}

/** What a transaction does with money: takes it, keeps it for later, or takes what was kept. */
type Use = "post" | "reserve" | "capture"

/** Why the legs together are too much for the account, if they are: too little money, or too large numbers. */
const refusedByBalance = (
  model: Model.Model,
  legs: ReadonlyArray<Model.Leg>,
  use: Use,
  accountId: AccountId
): Rejection.Reason | undefined => {
  const account = Model.accountOf(model, accountId)
  if (account === undefined) return undefined
  const debits = total(legs, "debit", (leg) => leg.accountId === accountId)
  const credits = total(legs, "credit", (leg) => leg.accountId === accountId)
  const [out, into] = account.normalSide === "credit" ? [debits, credits] : [credits, debits]
  // Only what is posted nets: a hold takes from what is available whatever it may bring in (INV-5). What a hold keeps
  // was judged when it was authorized and is paid out even if the limit has been lowered since.
  const taken = { post: out - into, reserve: out, capture: 0n }[use]
  const available = Model.availableOf(account)
  if (account.kind === "customer" && taken > 0n && taken > available) {
    return new Rejection.InsufficientFunds({
      accountId,
      available: Money.make(available, account.currency),
      requested: Money.make(taken, account.currency)
    })
  }
  // What is kept is summed apart from what is booked: whether both fit together is seen when the hold is captured.
  const [debitsBefore, creditsBefore] =
    use === "reserve" ? [account.pendingDebits, account.pendingCredits] : [account.postedDebits, account.postedCredits]
  const turnoverMax = LedgerAccount.balanceMinorMax
  const overflows = debitsBefore + debits > turnoverMax || creditsBefore + credits > turnoverMax
  return overflows ? new Rejection.BalanceOverflow({ accountId }) : undefined
}

/** Why these legs cannot be posted or reserved now, if they cannot. */
const refusal = (model: Model.Model, legs: ReadonlyArray<Model.Leg>, use: Use): Rejection.Reason | undefined => {
  for (const currency of new Set(legs.map((leg) => leg.amount.currency))) {
    const debits = Money.make(
      total(legs, "debit", (leg) => leg.amount.currency === currency),
      currency
    )
    const credits = Money.make(
      total(legs, "credit", (leg) => leg.amount.currency === currency),
      currency
    )
    if (debits.minor !== credits.minor) return new Rejection.Unbalanced({ debits, credits })
  }
  for (const leg of legs) {
    const refused = refusedByAccount(model, leg)
    if (refused !== undefined) return refused
  }
  for (const accountId of new Set(legs.map((leg) => leg.accountId))) {
    const refused = refusedByBalance(model, legs, use, accountId)
    if (refused !== undefined) return refused
  }
  return undefined
}

const isRejection = (value: object): value is Rejection.Reason => value instanceof Error

const post = (
  model: Model.Model,
  occasion: Occasion,
  head: { readonly kind: Transaction.TransactionKind; readonly reverses?: TransactionId; readonly holdId?: HoldId },
  memo: Memo,
  legs: ReadonlyArray<Model.Leg>
): Rejection.Reason | ReturnType<typeof Model.book> =>
  refusal(model, legs, head.kind === "capture" ? "capture" : "post") ??
  Model.book(
    model,
    {
      ...head,
      ...memoOf(memo),
      id: occasion.transactionId,
      bookedAt: occasion.now,
      valueDate: memo.valueDate ?? occasion.businessDate
    },
    legs
  )

const changed = (model: Model.Model, accountId: AccountId, transaction?: ReturnType<typeof Model.book>): Decision => {
  const account = Model.accountOf(model, accountId)
  if (account === undefined) return new Rejection.AccountNotFound({ accountId })
  return { _tag: "AccountChanged", account, ...(transaction === undefined ? {} : { transaction }) }
}

const openAccount = (model: Model.Model, command: Command.OpenAccount, { now }: Occasion): Decision => {
  const { accountId, kind, currency, normalSide, overdraftLimit, revision } = command
  if (model.accounts.has(accountId)) return new Rejection.AccountAlreadyExists({ accountId })
  model.accounts.set(accountId, {
    id: accountId,
    kind,
    currency,
    normalSide,
    overdraftLimit: overdraftLimit.minor,
    restriction: "none",
    closed: false,
    revision,
    openedAt: now
  })
  return changed(model, accountId)
}

const configureAccount = (model: Model.Model, command: Command.ConfigureAccount): Decision => {
  const { accountId, overdraftLimit, restriction, revision } = command
  const account = model.accounts.get(accountId)
  if (account === undefined) return new Rejection.AccountNotFound({ accountId })
  if (account.closed) return new Rejection.AccountClosed({ accountId })
  if (overdraftLimit.currency !== account.currency) {
    const actual = overdraftLimit.currency
    return new Rejection.AccountCurrencyMismatch({ accountId, expected: account.currency, actual })
  }
  if (revision > account.revision) {
    model.accounts.set(accountId, { ...account, overdraftLimit: overdraftLimit.minor, restriction, revision })
  }
  return changed(model, accountId)
}

const closeAccount = (model: Model.Model, command: Command.CloseAccount, occasion: Occasion): Decision => {
  const { accountId, sweepTo, revision } = command
  const settings = model.accounts.get(accountId)
  const account = Model.accountOf(model, accountId)
  if (settings === undefined || account === undefined) return new Rejection.AccountNotFound({ accountId })
  if (account.closed) return new Rejection.AccountClosed({ accountId })
  const { openHolds, currency, normalSide } = account
  if (openHolds > 0) return new Rejection.HoldsOutstanding({ accountId, openHolds })
  const balance = Money.make(Model.postedOf(account), currency)
  const close = (): void => {
    model.accounts.set(accountId, { ...settings, closed: true, revision })
  }
  if (balance.minor === 0n) {
    close()
    return changed(model, accountId)
  }
  // To sweep an account to itself leaves the balance where it is: it names no account to sweep to.
  if (balance.minor < 0n || sweepTo === undefined || sweepTo === accountId) {
    return new Rejection.BalanceOutstanding({ accountId, balance })
  }
  const away: Side = normalSide === "credit" ? "debit" : "credit"
  const swept = post(model, occasion, { kind: "closing" }, {}, [
    { accountId, side: away, amount: balance },
    { accountId: sweepTo, side: normalSide, amount: balance }
  ])
  if (isRejection(swept)) return swept
  close()
  return changed(model, accountId, swept)
}

const authorize = (model: Model.Model, command: Command.Authorize, occasion: Occasion): Decision => {
  const { debitAccountId, creditAccountId, amount, expiresAt } = command
  if (expiresAt !== undefined && expiresAt <= occasion.now) return new Rejection.HoldAlreadyExpired()
  const refused = refusal(
    model,
    [
      { accountId: debitAccountId, side: "debit", amount },
      { accountId: creditAccountId, side: "credit", amount }
    ],
    "reserve"
  )
  if (refused !== undefined) return refused
  const hold: Hold.Hold = {
    id: occasion.holdId,
    debitAccountId,
    creditAccountId,
    amount,
    captured: Money.zero(amount.currency),
    status: "authorized",
    authorizedAt: occasion.now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...memoOf(command)
  }
  model.holds.set(hold.id, hold)
  return { _tag: "HoldChanged", hold }
}

const openHold = (model: Model.Model, holdId: HoldId): Hold.Hold | Rejection.Reason => {
  const hold = model.holds.get(holdId)
  if (hold === undefined) return new Rejection.HoldNotFound({ holdId })
  return hold.status === "authorized" ? hold : new Rejection.HoldEnded({ holdId, status: hold.status })
}

const capture = (model: Model.Model, command: Command.Capture, occasion: Occasion): Decision => {
  const { holdId, keepRest } = command
  const hold = openHold(model, holdId)
  if (isRejection(hold)) return hold
  const { currency } = hold.amount
  const remaining = Money.make(hold.amount.minor - hold.captured.minor, currency)
  const amount = command.amount ?? remaining
  if (amount.currency !== currency) {
    return new Money.CurrencyMismatch({ expected: currency, actual: amount.currency })
  }
  if (amount.minor > remaining.minor) {
    return new Rejection.CaptureExceedsHold({ holdId, remaining, requested: amount })
  }
  const isOver = !keepRest || amount.minor === remaining.minor
  const captured = Money.make(hold.captured.minor + amount.minor, currency)
  const after: Hold.Hold = { ...hold, captured, status: isOver ? "captured" : "authorized" }
  // The hold lets go first, and the money that it kept safe pays the transaction.
  model.holds.set(holdId, after)
  const said = { ...memoOf(hold), ...command }
  const transaction = post(model, occasion, { kind: "capture", holdId }, said, [
    { accountId: hold.debitAccountId, side: "debit", amount },
    { accountId: hold.creditAccountId, side: "credit", amount }
  ])
  if (!isRejection(transaction)) return { _tag: "TransactionPosted", transaction, hold: after }
  model.holds.set(holdId, hold)
  return transaction
}

const release = (model: Model.Model, { holdId }: Command.Release): Decision => {
  const hold = openHold(model, holdId)
  if (isRejection(hold)) return hold
  const released: Hold.Hold = { ...hold, status: "released" }
  model.holds.set(holdId, released)
  return { _tag: "HoldChanged", hold: released }
}

const reverse = (model: Model.Model, command: Command.Reverse, occasion: Occasion): Decision => {
  const { transactionId } = command
  const original = model.transactions.get(transactionId)
  const whole = original?.entries[0]?.amount
  if (original === undefined || whole === undefined) return new Rejection.TransactionNotFound({ transactionId })
  if (original.reverses !== undefined) return new Rejection.NotReversible({ transactionId })
  // To name the whole of the first entry asks for no part.
  const isPart = command.amount !== undefined && !Money.equals(command.amount, whole)
  if (isPart && original.entries.length !== 2) {
    return new Rejection.PartialReversalUnsupported({ transactionId })
  }
  if (command.amount !== undefined && command.amount.currency !== whole.currency) {
    return new Money.CurrencyMismatch({ expected: whole.currency, actual: command.amount.currency })
  }
  const remaining = Money.make(whole.minor - Model.reversedOf(model, transactionId), whole.currency)
  // To reverse what has no rest asks for the whole of it a second time.
  const requested = command.amount ?? (remaining.minor === 0n ? whole : remaining)
  if (requested.minor > remaining.minor) {
    return new Rejection.ReversalExceedsTransaction({ transactionId, remaining, requested })
  }
  const mirror = original.entries.map(
    ({ accountId, side, amount }): Model.Leg => ({
      accountId,
      side: side === "debit" ? "credit" : "debit",
      amount: original.entries.length === 2 ? requested : amount
    })
  )
  const transaction = post(model, occasion, { kind: "reversal", reverses: transactionId }, command, mirror)
  return isRejection(transaction) ? transaction : { _tag: "TransactionPosted", transaction }
}

const decideSingle = (model: Model.Model, command: Command.Single, occasion: Occasion): Decision => {
  switch (command._tag) {
    case "OpenAccount":
      return openAccount(model, command, occasion)
    case "ConfigureAccount":
      return configureAccount(model, command)
    case "CloseAccount":
      return closeAccount(model, command, occasion)
    case "Post": {
      const transaction = post(model, occasion, { kind: command.kind }, command, command.legs)
      return isRejection(transaction) ? transaction : { _tag: "TransactionPosted", transaction }
    }
    case "Authorize":
      return authorize(model, command, occasion)
    case "Capture":
      return capture(model, command, occasion)
    case "Release":
      return release(model, command)
    case "Reverse":
      return reverse(model, command, occasion)
  }
}

const entriesOf = (decision: Decision): number =>
  !isRejection(decision) && decision._tag === "TransactionPosted" ? decision.transaction.entries.length : 0

/** One after the other; at the first that fails, the model is again what it was before all of them. */
const decideLinked = (model: Model.Model, { commands }: Command.Linked, occasion: Occasion): Model.Answer => {
  const before = Model.copy(model)
  const receipts: Array<Receipt.LinkedReceipt> = []
  const refuse = (reason: Rejection.Reason) => {
    Model.restore(model, before)
    return new Rejection.LinkedRejected({ index: receipts.length, reason })
  }
  let entries = 0
  for (const [index, command] of commands.entries()) {
    const decision = decideSingle(model, command, { ...occasion, ...occasion.linked?.[index] })
    entries += entriesOf(decision)
    if (isRejection(decision)) return refuse(decision)
    if (entries > 10_000) return refuse(new Rejection.LinkedTooLong({ entriesMax: 10_000 }))
    if (decision._tag !== "AccountChanged") receipts.push(decision)
  }
  return { _tag: "LinkedApplied", receipts }
}

/**
 * Decides a command, changes the model accordingly, and answers. The same command under a key it knows gets the first
 * answer again, another one `"conflict"`; neither changes anything. `now` never goes back.
 */
export const apply = (model: Model.Model, key: string, command: Command.Command, occasion: Occasion): Model.Answer => {
  Model.expire(model, occasion.now)
  const asked = canonical(command)
  const earlier = model.answers.get(key)
  if (earlier !== undefined) return earlier.asked === asked ? earlier.answer : "conflict"
  const answer =
    command._tag === "Linked" ? decideLinked(model, command, occasion) : decideSingle(model, command, occasion)
  model.answers.set(key, { asked, answer })
  return answer
}
