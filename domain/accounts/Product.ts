import { Result, Schema } from "effect"
import { Currency, Money } from "../money/index.ts"

/** Names a product in commands and stores, for instance `checking`. */
export const ProductCode = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,31}$/u, { expected: "a product code such as checking" })
).pipe(Schema.brand("ProductCode"))
export type ProductCode = typeof ProductCode.Type

export const Kind = Schema.Literals(["checking", "savings"])
export type Kind = typeof Kind.Type

const Days = Schema.Int.check(Schema.isGreaterThan(0))

/**
 * What customers open accounts of.
 *
 * `currencies` are those it is offered in. `defaultOverdraftLimits` has at most one amount per currency; a currency
 * without one starts at zero. The three periods count days of 24 hours since the customer's last own activity, after
 * which an account may become inactive, dormant and escheated.
 */
export const Product = Schema.Struct({
  code: ProductCode,
  name: Schema.NonEmptyString,
  kind: Kind,
  currencies: Schema.Union([Schema.Literal("any"), Schema.NonEmptyArray(Currency.Code)]),
  overdraftAllowed: Schema.Boolean,
  defaultOverdraftLimits: Schema.Array(Money.Positive),
  inactiveAfterDays: Days,
  dormantAfterDays: Days,
  escheatAfterDays: Days
}).check(
  Schema.makeFilter((product) => {
    const issues: Array<Schema.FilterIssue> = []
    if (product.kind === "savings" && product.overdraftAllowed) {
      issues.push({ path: ["overdraftAllowed"], issue: "a savings product never has an overdraft" })
    }
    const currencies = product.defaultOverdraftLimits.map((limit) => limit.currency)
    if (!product.overdraftAllowed && currencies.length > 0) {
      issues.push({ path: ["defaultOverdraftLimits"], issue: "the product has no overdraft" })
    }
    if (new Set(currencies).size < currencies.length) {
      issues.push({ path: ["defaultOverdraftLimits"], issue: "one amount per currency" })
    }
    if (product.inactiveAfterDays > product.dormantAfterDays || product.dormantAfterDays > product.escheatAfterDays) {
      issues.push({ path: ["inactiveAfterDays"], issue: "inactive, dormant and escheated follow in this order" })
    }
    return issues
  })
)
export type Product = typeof Product.Type

/** The bank offers no such product; `known` are those it offers. */
export class UnknownProduct extends Schema.TaggedError<UnknownProduct>()("UnknownProduct", {
  product: Schema.String,
  known: Schema.Array(ProductCode)
}) {}

/** The product is not offered in this currency. */
export class CurrencyNotOffered extends Schema.TaggedError<CurrencyNotOffered>()("CurrencyNotOffered", {
  product: ProductCode,
  currency: Currency.Code,
  offered: Schema.Array(Currency.Code)
}) {}

/** The products a bank offers. */
export type Catalogue = ReadonlyArray<Product>

/** The products that come with the bank; a deployment may offer others. */
export const builtIn: Catalogue = [
  Product.make({
    code: ProductCode.make("checking"),
    name: "Checking account",
    kind: "checking",
    currencies: "any",
    overdraftAllowed: true,
    defaultOverdraftLimits: [],
    inactiveAfterDays: 365,
    dormantAfterDays: 730,
    escheatAfterDays: 1825
  }),
  Product.make({
    code: ProductCode.make("savings"),
    name: "Savings account",
    kind: "savings",
    currencies: "any",
    overdraftAllowed: false,
    defaultOverdraftLimits: [],
    inactiveAfterDays: 730,
    dormantAfterDays: 1095,
    escheatAfterDays: 1825
  })
]

/** The product of a code. Errors: {@link UnknownProduct}. */
export const find = (products: Catalogue, code: string): Result.Result<Product, UnknownProduct> => {
  const product = products.find((each) => each.code === code)
  return product === undefined
    ? Result.fail(new UnknownProduct({ product: code, known: products.map((each) => each.code) }))
    : Result.succeed(product)
}

/** The overdraft limit that a new account of the product starts with; zero where the product names none. */
export const defaultOverdraftLimit = (product: Product, currency: Currency.Code): Money.Money =>
  product.defaultOverdraftLimits.find((limit) => limit.currency === currency) ?? Money.zero(currency)

/** The currency itself, if the product is offered in it. Errors: {@link CurrencyNotOffered}. */
export const offeredIn = (
  product: Product,
  currency: Currency.Code
): Result.Result<Currency.Code, CurrencyNotOffered> =>
  product.currencies === "any" || product.currencies.includes(currency)
    ? Result.succeed(currency)
    : Result.fail(new CurrencyNotOffered({ product: product.code, currency, offered: product.currencies }))
