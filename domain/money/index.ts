/** Money: currencies, exact amounts, rates, rounding and allocation. */
export * as Allocation from "./Allocation.ts"
export * as Currency from "./Currency.ts"
export * as Money from "./Money.ts"
export * as Rate from "./Rate.ts"
export * as Rounding from "./Rounding.ts"
