/** Which entries of an account's history are wanted, by what they and their transaction say. */
import { Schema } from "effect"
import { LocalDate } from "../calendar/index.ts"
import { AccountId } from "../ids/index.ts"
import { Side } from "./Side.ts"
import { type BookedEntry, Metadata, TransactionKind } from "./Transaction.ts"

const Minor = Schema.BigIntFromString.check(
  Schema.makeFilter((minor) => minor >= 0n && minor <= 9_223_372_036_854_775_807n, {
    expected: "whole minor units from 0 to 9223372036854775807"
  })
)

/**
 * All of what is given must hold. Dates and amounts are bounds that are included; amounts are minor units of the account's
 * currency; `kinds` are alternatives, and none of them is any; `counterparty` is another account of the same transaction; `metadata` are pairs
 * that the transaction has among its own.
 */
export const EntryFilter = Schema.Struct({
  valueDateFrom: Schema.optionalKey(LocalDate.LocalDate),
  valueDateTo: Schema.optionalKey(LocalDate.LocalDate),
  amountMinorMin: Schema.optionalKey(Minor),
  amountMinorMax: Schema.optionalKey(Minor),
  side: Schema.optionalKey(Side),
  kinds: Schema.optionalKey(Schema.Array(TransactionKind).check(Schema.isMaxLength(20))),
  counterparty: Schema.optionalKey(AccountId),
  metadata: Schema.optionalKey(Metadata)
})
export type EntryFilter = typeof EntryFilter.Type

const hasPairs = (wanted: Metadata, metadata: Metadata | undefined): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => metadata !== undefined && Object.hasOwn(metadata, key) && metadata[key] === value
  )

/** Whether an entry is wanted; `accounts` gives those of its transaction and is asked only where they matter. */
export const isWanted = (
  filter: EntryFilter,
  entry: BookedEntry,
  accounts: () => ReadonlyArray<AccountId>
): boolean => {
  const { valueDateFrom, valueDateTo, amountMinorMin, amountMinorMax, side, kinds, counterparty, metadata } = filter
  const { minor } = entry.amount
  return (
    (valueDateFrom === undefined || entry.valueDate >= valueDateFrom) &&
    (valueDateTo === undefined || entry.valueDate <= valueDateTo) &&
    (amountMinorMin === undefined || minor >= amountMinorMin) &&
    (amountMinorMax === undefined || minor <= amountMinorMax) &&
    (side === undefined || entry.side === side) &&
    (kinds === undefined || kinds.length === 0 || kinds.includes(entry.kind)) &&
    (metadata === undefined || hasPairs(metadata, entry.metadata)) &&
    (counterparty === undefined || (counterparty !== entry.accountId && accounts().includes(counterparty)))
  )
}

/** Whether the filter wants every entry. */
export const isEmpty = ({ kinds = [], ...filter }: EntryFilter): boolean =>
  kinds.length === 0 && Object.keys(EntryFilter.fields).every((name) => !Object.hasOwn(filter, name))
