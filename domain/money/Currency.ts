/** Currencies: the current codes of ISO 4217 and the exponent that turns their minor units into decimal text. */
import { Schema } from "effect"
import { iso4217 } from "./CurrencyTable.ts"

interface Row {
  readonly code: string
  readonly numeric: string
  readonly exponent: number
  readonly name: string
}

const rows: ReadonlyArray<Row> = iso4217
  .trim()
  .split("\n")
  .map((line) => ({
    code: line.slice(0, 3),
    numeric: line.slice(4, 7),
    exponent: Number(line.slice(8, 9)),
    name: line.slice(10)
  }))

const rowByCode: ReadonlyMap<string, Row> = new Map(rows.map((row) => [row.code, row]))

/** Three capital letters that ISO 4217 lists today, such as `USD`. */
export const Code = Schema.String.check(
  Schema.makeFilter((text: string) => rowByCode.has(text), {
    expected: "a current ISO 4217 currency code",
    toJsonSchema: () => ({ pattern: "^[A-Z]{3}$" })
  })
).pipe(Schema.brand("CurrencyCode"))

/** An ISO 4217 alphabetic code. */
export type Code = typeof Code.Type

/** What ISO 4217 says of one currency. `numeric` keeps its leading zeros: `ALL` is `"008"`. */
export interface Currency {
  readonly code: Code
  readonly numeric: string
  readonly exponent: number
  readonly name: string
}

/** Whether `text` is a current ISO 4217 code; case matters. */
export const isCode = (text: string): text is Code => rowByCode.has(text)

/** Every current currency, in the order of its code. */
export const all: ReadonlyArray<Currency> = rows.map((row) => ({ ...row, code: Code.make(row.code) }))

const byCode: ReadonlyMap<Code, Currency> = new Map(all.map((currency) => [currency.code, currency]))

/** The ISO 4217 entry of a code. */
export const get = (code: Code): Currency => {
  const currency = byCode.get(code)
  // A branded code was decoded against the same table, so a miss is a bug and not a failure to report.
  if (currency === undefined) throw new RangeError(`not an ISO 4217 currency: ${code}`)
  return currency
}

/** Decimals of the minor unit: JPY 0, USD 2, KWD 3, CLF 4. */
export const exponent = (code: Code): number => get(code).exponent
