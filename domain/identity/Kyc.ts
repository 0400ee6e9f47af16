import { Schema } from "effect"
import { Currency, type Money } from "../money/index.ts"

/**
 * How well the bank knows a customer (FATF recommendation 10). `none`: an email address. `basic`: name, birth date and
 * address were checked. `full`: an identity document was.
 */
export const KycLevel = Schema.Literals(["none", "basic", "full"])
export type KycLevel = typeof KycLevel.Type

/** Whole units of its currency that a customer of a level may move in one transaction; no bound where there is none. */
const unitsMax: Readonly<Record<KycLevel, bigint | undefined>> = { none: 150n, basic: 15_000n, full: undefined }

/** The most that a customer of a level may move in one transaction of a currency; undefined is no bound. */
export const limitOf = (level: KycLevel, currency: Currency.Code): Money.Money | undefined => {
  const units = unitsMax[level]
  return units === undefined ? undefined : { minor: units * 10n ** BigInt(Currency.exponent(currency)), currency }
}
