import { Effect } from "effect"
import type { Account } from "../../domain/accounts/index.ts"
import type { AccountId, CustomerId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"

const pageSize = 200

/** Accounts of one customer at most: more are a bug, and what needs all of them must not go on with some. */
const accountsMax = 100_000

/** Every account that a customer has or had; none of whom is no customer. Errors: AccountStoreUnavailable. */
export const ownedAccounts = Effect.fnUntraced(function* (owner: CustomerId | undefined) {
  const accounts = yield* AccountStore
  const all: Array<Account.Account> = []
  if (owner === undefined) return all
  for (let after: AccountId | undefined; all.length < accountsMax; ) {
    const page = yield* accounts.list({ owner, limit: pageSize, ...(after === undefined ? {} : { after }) })
    all.push(...page)
    if (page.length < pageSize) return all
    after = page.at(-1)?.id
  }
  return yield* Effect.die(new Error(`customer ${owner} has more than ${accountsMax} accounts`))
})
