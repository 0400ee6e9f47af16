/** Money: currencies, exact amounts, rates, rounding and allocation. */
export * as Currency from "./Currency.ts"
export * as Money from "./Money.ts"
