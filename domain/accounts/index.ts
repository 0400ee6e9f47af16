/** Accounts: the products of the bank, and the customers' accounts of them. */
export * as Account from "./Account.ts"
export * as AccountNumber from "./AccountNumber.ts"
export * as Commands from "./Commands.ts"
export * as Events from "./Events.ts"
export * as Iban from "./Iban.ts"
export * as Product from "./Product.ts"
