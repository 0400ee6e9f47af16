import { Result } from "effect"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import { type Book, decideBatch, Hold, type LedgerAccount, Transaction } from "../../../domain/ledger/index.ts"
import { canonical } from "./canonical.ts"
import { type Observation, type Subject, stateOf } from "./Observation.ts"
import type { Step } from "./Step.ts"

/** The steps batch by batch. */
const batchesOf = (steps: ReadonlyArray<Step>): ReadonlyArray<ReadonlyArray<Step>> => {
  const batches = new Map<number, Array<Step>>()
  for (const step of steps) {
    const batch = batches.get(step.batch)
    if (batch === undefined) batches.set(step.batch, [step])
    else batch.push(step)
  }
  return [...batches.values()]
}

/**
 * The rules that every ledger of the bank runs, over maps. They know no keys, so a key that was used is answered here,
 * and only the first request of each is decided.
 */
export const domainSubject: Subject = async (steps): Promise<Observation> => {
  const accounts = new Map<AccountId, LedgerAccount.LedgerAccount>()
  const holds = new Map<HoldId, Hold.Hold>()
  const transactions = new Map<TransactionId, Transaction.Transaction>()
  const reversed = new Map<TransactionId, bigint>()
  const entries = new Map<AccountId, Array<Transaction.BookedEntry>>()
  const answered = new Map<string, { readonly asked: string; answer: string }>()
  const answers: Array<string> = []

  const book: Book = {
    account: (id) => accounts.get(id),
    hold: (id) => holds.get(id),
    transaction: (id) => transactions.get(id),
    reversed: (id) => reversed.get(id) ?? 0n
  }
  const store = (transaction: Transaction.Transaction): void => {
    transactions.set(transaction.id, transaction)
    const { reverses } = transaction
    const [first] = transaction.entries
    if (reverses !== undefined && first !== undefined) {
      reversed.set(reverses, book.reversed(reverses) + first.amount.minor)
    }
    for (const entry of Transaction.bookedEntries(transaction)) {
      const history = entries.get(entry.accountId)
      if (history === undefined) entries.set(entry.accountId, [entry])
      else history.push(entry)
    }
  }

  for (const batch of batchesOf(steps)) {
    const now = batch[0]?.occasion.now
    if (now === undefined) continue
    const asked = batch.map(({ command }) => canonical(command))
    const first = batch.filter(({ key }, index) => {
      if (answered.has(key)) return false
      answered.set(key, { asked: asked[index] ?? "", answer: "" })
      return true
    })
    const due = [...holds.values()].filter((hold) => Hold.isDue(hold, now))
    const { outcomes, draft } = decideBatch(book, due, first, now)
    for (const [index, { key }] of first.entries()) {
      const outcome = outcomes[index]
      if (outcome === undefined) throw new Error(`no outcome for request ${key}`)
      const known = answered.get(key)
      if (known !== undefined) known.answer = canonical(Result.isSuccess(outcome) ? outcome.success : outcome.failure)
    }
    const changed = draft.changed()
    for (const account of changed.accounts) accounts.set(account.id, account)
    for (const hold of changed.holds) holds.set(hold.id, hold)
    for (const transaction of changed.transactions) store(transaction)
    for (const [index, { key }] of batch.entries()) {
      const known = answered.get(key)
      answers.push(known !== undefined && known.asked === asked[index] ? known.answer : canonical("conflict"))
    }
  }
  const state = stateOf({
    accounts: accounts.values(),
    entries: [...accounts.keys()].map((id) => [id, entries.get(id) ?? []] as const),
    transactions: transactions.values(),
    holds: holds.values()
  })
  return { answers, state }
}
