/**
 * The ledger's invariants, checked on what a store holds and on nothing else: none of this is shared with the code that
 * posts and reserves, so that a mistake there cannot excuse itself here.
 */
import type { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import type { Currency } from "../money/index.ts"
import type { Hold } from "./Hold.ts"
import type { LedgerAccount } from "./LedgerAccount.ts"
import type { Side } from "./Side.ts"
import type { Entry, Transaction } from "./Transaction.ts"

/** All of a ledger at one moment, in any order. */
export interface Snapshot {
  readonly accounts: ReadonlyArray<LedgerAccount>
  readonly transactions: ReadonlyArray<Transaction>
  readonly holds: ReadonlyArray<Hold>
  /**
   * Customers' accounts that a lowered overdraft limit left short and that have not recovered since. A snapshot does not
   * show who lowered what when, so the store says; for any other account to be short breaks INV-5.
   */
  readonly short?: ReadonlySet<AccountId>
}

/** An invariant that does not hold, by its number in `domain/README.md`; which account, hold or so; and why. */
export interface Violation {
  readonly invariant: string
  readonly subject: string
  readonly detail: string
}

interface Sides {
  debit: bigint
  credit: bigint
}

type Report = (invariant: string, subject: string, detail: string) => void

const text = ({ debit, credit }: Sides): string => `debits ${debit}, credits ${credit}`

const balances = (subject: string, invariant: string, totals: ReadonlyMap<Currency.Code, Sides>, report: Report) => {
  for (const [currency, sides] of totals)
    if (sides.debit !== sides.credit) report(invariant, subject, `${currency}: ${text(sides)}`)
}

const sidesIn = <K>(totals: Map<K, Sides>, key: K): Sides => {
  const known = totals.get(key)
  if (known !== undefined) return known
  const sides = { debit: 0n, credit: 0n }
  totals.set(key, sides)
  return sides
}

/** INV-1: at least two entries, each of a positive amount, that balance per currency. */
const checkTransaction = (transaction: Transaction, report: Report): void => {
  const totals = new Map<Currency.Code, Sides>()
  for (const { side, amount } of transaction.entries) {
    if (amount.minor <= 0n) report("INV-1", transaction.id, `an entry of ${amount.minor} ${amount.currency}`)
    sidesIn(totals, amount.currency)[side] += amount.minor
  }
  if (transaction.entries.length < 2) report("INV-1", transaction.id, `${transaction.entries.length} entries`)
  balances(transaction.id, "INV-1", totals, report)
}

/** INV-2: all accounts' debits are all accounts' credits, per currency. */
const checkLedger = (accounts: ReadonlyArray<LedgerAccount>, report: Report): void => {
  const totals = new Map<Currency.Code, Sides>()
  for (const account of accounts) {
    const sides = sidesIn(totals, account.currency)
    sides.debit += account.postedDebits
    sides.credit += account.postedCredits
  }
  balances("ledger", "INV-2", totals, report)
}

interface Line extends Entry {
  readonly transaction: Transaction
}

const linesOf = (transactions: ReadonlyArray<Transaction>): Map<AccountId, Array<Line>> => {
  const lines = new Map<AccountId, Array<Line>>()
  for (const transaction of transactions)
    for (const entry of transaction.entries) {
      const line = { ...entry, transaction }
      const known = lines.get(entry.accountId)
      if (known === undefined) lines.set(entry.accountId, [line])
      else known.push(line)
    }
  for (const each of lines.values()) each.sort((left, right) => left.sequence - right.sequence)
  return lines
}

const onNormalSide = (normal: Side, { debit, credit }: Sides): bigint =>
  normal === "debit" ? debit - credit : credit - debit

/** INV-3 and INV-4: the account is what its entries, taken one by one, make of it. */
const checkEntries = (account: LedgerAccount, lines: ReadonlyArray<Line>, report: Report): void => {
  const sides = { debit: 0n, credit: 0n }
  lines.forEach((line, index) => {
    sides[line.side] += line.amount.minor
    const balance = onNormalSide(account.normalSide, sides)
    if (line.amount.currency !== account.currency)
      report("INV-3", account.id, `entry ${line.sequence} is in ${line.amount.currency}`)
    if (line.sequence !== index + 1) report("INV-4", account.id, `entry ${index + 1} has the number ${line.sequence}`)
    if (line.balance.minor !== balance || line.balance.currency !== account.currency)
      report("INV-4", account.id, `entry ${line.sequence} says ${line.balance.minor}, its entries make ${balance}`)
  })
  if (sides.debit !== account.postedDebits || sides.credit !== account.postedCredits) {
    const stored = text({ debit: account.postedDebits, credit: account.postedCredits })
    report("INV-3", account.id, `stored ${stored}; entries ${text(sides)}`)
  }
  if (account.sequence !== lines.length)
    report("INV-4", account.id, `stored sequence ${account.sequence}; ${lines.length} entries`)
}

/** INV-5: posted − holds + limit is never negative, but where a lowered limit made it so. */
const checkFunds = (account: LedgerAccount, excused: boolean, report: Report): void => {
  if (account.kind !== "customer" || excused) return
  const posted = onNormalSide(account.normalSide, { debit: account.postedDebits, credit: account.postedCredits })
  const held = account.normalSide === "debit" ? account.pendingCredits : account.pendingDebits
  const available = posted - held + account.overdraftLimit
  if (available < 0n) report("INV-5", account.id, `available ${available}`)
}

interface Reserved extends Sides {
  open: number
}

const reservedBy = (holds: ReadonlyArray<Hold>): Map<AccountId, Reserved> => {
  const reserved = new Map<AccountId, Reserved>()
  for (const hold of holds) {
    if (hold.status !== "authorized") continue
    const left = hold.amount.minor - hold.captured.minor
    for (const side of ["debit", "credit"] as const) {
      const id = side === "debit" ? hold.debitAccountId : hold.creditAccountId
      const sides = reserved.get(id) ?? { debit: 0n, credit: 0n, open: 0 }
      sides[side] += left
      sides.open += 1
      reserved.set(id, sides)
    }
  }
  return reserved
}

/** INV-6: what the account has pending is what its open holds reserve; a hold counts once for each of its sides. */
const checkPending = (account: LedgerAccount, reserved: Reserved, report: Report): void => {
  if (reserved.debit !== account.pendingDebits || reserved.credit !== account.pendingCredits) {
    const stored = text({ debit: account.pendingDebits, credit: account.pendingCredits })
    report("INV-6", account.id, `stored ${stored}; holds ${text(reserved)}`)
  }
  if (reserved.open !== account.openHolds)
    report("INV-6", account.id, `stored ${account.openHolds} open holds; ${reserved.open} stand`)
}

/** INV-7: a hold says it captured what its captures posted, and that is at most the hold. */
const checkHold = (hold: Hold, captures: bigint, report: Report): void => {
  const { amount, captured } = hold
  if (captured.minor < 0n || captured.minor > amount.minor || captured.currency !== amount.currency)
    report("INV-7", hold.id, `captured ${captured.minor} of ${amount.minor}`)
  if (captured.minor !== captures) report("INV-7", hold.id, `captured ${captured.minor}; captures posted ${captures}`)
}

const firstAmount = (transaction: Transaction): bigint => transaction.entries[0]?.amount.minor ?? 0n

const mirrors = (reversal: Entry, original: Entry | undefined): boolean =>
  original !== undefined &&
  reversal.accountId === original.accountId &&
  reversal.side !== original.side &&
  reversal.amount.currency === original.amount.currency

/** INV-8: reversals mirror their transaction entry by entry, and together take back no more than each entry. */
const checkReversals = (
  original: Transaction | undefined,
  reversals: ReadonlyArray<Transaction>,
  report: Report
): void => {
  if (original === undefined || original.reverses !== undefined) {
    for (const { id } of reversals) report("INV-8", id, "reverses no transaction that can be reversed")
    return
  }
  const taken: Array<bigint> = original.entries.map(() => 0n)
  for (const reversal of reversals) {
    const same = reversal.entries.length === original.entries.length
    if (!same || !reversal.entries.every((entry, index) => mirrors(entry, original.entries[index])))
      report("INV-8", reversal.id, `is no mirror of ${original.id}`)
    reversal.entries.forEach((entry, index) => {
      taken[index] = (taken[index] ?? 0n) + entry.amount.minor
    })
  }
  original.entries.forEach(({ amount }, index) => {
    const reversed = taken[index] ?? 0n
    if (reversed > amount.minor) report("INV-8", original.id, `reversed ${reversed} of ${amount.minor}`)
  })
}

/** INV-10: nothing is left in a closed account, and nothing came after the sweep that closed it. */
const checkClosed = (account: LedgerAccount, lines: ReadonlyArray<Line>, open: number, report: Report): void => {
  if (!account.closed) return
  if (account.postedDebits !== account.postedCredits)
    report("INV-10", account.id, `balance of ${account.postedCredits - account.postedDebits}`)
  if (open > 0) report("INV-10", account.id, `${open} open holds`)
  const swept = lines.findIndex((line) => line.transaction.kind === "closing" && line.balance.minor === 0n)
  const sweep = lines[swept]?.transaction
  if (sweep?.entries[0]?.accountId === account.id && swept < lines.length - 1)
    report("INV-10", account.id, `${lines.length - 1 - swept} entries after its closing`)
}

const grouped = <K>(
  transactions: ReadonlyArray<Transaction>,
  keyOf: (transaction: Transaction) => K | undefined
): Map<K, Array<Transaction>> => {
  const groups = new Map<K, Array<Transaction>>()
  for (const transaction of transactions) {
    const key = keyOf(transaction)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [transaction])
    else group.push(transaction)
  }
  return groups
}

/** Every violation of INV-1 to INV-8 and INV-10 in the snapshot; none is the good answer. Takes time n log n. */
export const audit = (snapshot: Snapshot): ReadonlyArray<Violation> => {
  const violations: Array<Violation> = []
  const report: Report = (invariant, subject, detail) => {
    violations.push({ invariant, subject, detail })
  }
  const { accounts, transactions, holds, short } = snapshot
  const known = new Set(accounts.map((account) => account.id))
  const lines = linesOf(transactions)
  const reserved = reservedBy(holds)

  for (const transaction of transactions) checkTransaction(transaction, report)
  checkLedger(accounts, report)
  for (const account of accounts) {
    const own = lines.get(account.id) ?? []
    const holding = reserved.get(account.id) ?? { debit: 0n, credit: 0n, open: 0 }
    checkEntries(account, own, report)
    checkFunds(account, short?.has(account.id) ?? false, report)
    checkPending(account, holding, report)
    checkClosed(account, own, holding.open, report)
  }
  for (const id of lines.keys()) if (!known.has(id)) report("INV-3", id, "has entries and no account")
  for (const id of reserved.keys()) if (!known.has(id)) report("INV-6", id, "has open holds and no account")

  const captures: ReadonlyMap<HoldId, ReadonlyArray<Transaction>> = grouped(transactions, (each) => each.holdId)
  for (const hold of holds)
    checkHold(
      hold,
      (captures.get(hold.id) ?? []).reduce((sum, each) => sum + firstAmount(each), 0n),
      report
    )
  const knownHolds = new Set(holds.map((hold) => hold.id))
  for (const id of captures.keys()) if (!knownHolds.has(id)) report("INV-7", id, "was captured and does not exist")

  const byId: ReadonlyMap<TransactionId, Transaction> = new Map(transactions.map((each) => [each.id, each]))
  for (const [id, reversals] of grouped(transactions, (each) => each.reverses))
    checkReversals(byId.get(id), reversals, report)
  return violations
}
