import { Context } from "effect"
import type { Iban, Product } from "../../domain/accounts/index.ts"

/** Which bank this is: how its IBANs name it (none where its country has none) and what it offers. */
export class Bank extends Context.Service<
  Bank,
  { readonly identity?: Iban.BankIdentity; readonly products: Product.Catalogue }
>()("bank/application/ports/Bank") {}
