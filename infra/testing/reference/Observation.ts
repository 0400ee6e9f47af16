import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, LedgerAccount, Transaction } from "../../../domain/ledger/index.ts"
import { apply } from "./apply.ts"
import { canonical } from "./canonical.ts"
import * as Model from "./Model.ts"
import type { Step } from "./Step.ts"

/** What a ledger answered to each step, and what it holds after the last: canonical texts, in the model's ids. */
export interface Observation {
  readonly answers: ReadonlyArray<string>
  /** By what is described: `account acc_…`, `entries acc_…`, `transaction txn_…`, `hold hold_…`, `transactions`. */
  readonly state: ReadonlyMap<string, string>
}

/** Runs steps through a new, empty ledger. */
export type Subject = (steps: ReadonlyArray<Step>) => Promise<Observation>

/** All that a ledger holds. */
export interface Contents {
  readonly accounts: Iterable<LedgerAccount.LedgerAccount>
  readonly entries: Iterable<readonly [AccountId, ReadonlyArray<Transaction.BookedEntry>]>
  /** In order of booking. */
  readonly transactions: Iterable<Transaction.Transaction>
  readonly holds: Iterable<Hold.Hold>
}

/** The texts of what a ledger holds. `named` gives the model's id for one that the ledger chose. */
export const stateOf = (contents: Contents, named: (text: string) => string = (text) => text): Map<string, string> => {
  const state = new Map<string, string>()
  const order: Array<TransactionId | HoldId> = []
  for (const account of contents.accounts) state.set(`account ${account.id}`, canonical(account))
  for (const [id, entries] of contents.entries) state.set(`entries ${id}`, named(canonical(entries)))
  for (const transaction of contents.transactions) {
    order.push(transaction.id)
    state.set(named(`transaction ${transaction.id}`), named(canonical(transaction)))
  }
  for (const hold of contents.holds) state.set(named(`hold ${hold.id}`), named(canonical(hold)))
  return state.set("transactions", named(canonical(order)))
}

/** What the model answered and holds: what every other ledger should. */
export const observationOf = (given: ReadonlyArray<Model.Answer>, model: Model.Model): Observation => {
  const ids = [...model.accounts.keys()]
  const contents: Contents = {
    accounts: ids.map((id) => Model.accountOf(model, id)).filter((account) => account !== undefined),
    entries: ids.map((id) => [id, Model.entriesOf(model, id)] as const),
    transactions: model.transactions.values(),
    holds: model.holds.values()
  }
  return { answers: given.map(canonical), state: stateOf(contents) }
}

/** What the model answers to the steps, and holds after them. */
export const expectedOf = (steps: ReadonlyArray<Step>): Observation => {
  const model = Model.empty()
  const answers = steps.map(({ key, command, occasion }) => apply(model, key, command, occasion))
  return observationOf(answers, model)
}
