import { Clock, Effect, Layer } from "effect"
import { AccountStore, type Opening } from "../../application/ports/AccountStore.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { Account } from "../../domain/accounts/index.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import { Rejection } from "../../domain/ledger/index.ts"

interface Row {
  readonly account: Account.Account
  readonly savedAt: number
  /** The newest version that the ledger has applied; 0 for none. */
  readonly confirmed: number
}

const byId = (left: Account.Account, right: Account.Account): number =>
  left.id < right.id ? -1 : left.id > right.id ? 1 : 0

const make = Effect.sync(() => {
  const rows = new Map<AccountId, Row>()
  const openings = new Map<string, Opening>()
  let numbersGiven = 0n

  const accounts = (matches: (row: Row) => boolean): ReadonlyArray<Account.Account> =>
    [...rows.values()]
      .filter(matches)
      .map((row) => row.account)
      .sort(byId)

  const insertAt = (opening: Opening, savedAt: number): Effect.Effect<Opening, IdempotencyConflict> => {
    const { key, fingerprint, account } = opening
    const stored = openings.get(key)
    if (stored !== undefined)
      return stored.fingerprint === fingerprint ? Effect.succeed(stored) : Effect.fail(new IdempotencyConflict({ key }))
    if (rows.has(account.id)) return Effect.die(new Error(`account ${account.id} was opened before`))
    openings.set(key, opening)
    rows.set(account.id, { account, savedAt, confirmed: 0 })
    return Effect.succeed(opening)
  }

  const saveAt = (
    account: Account.Account,
    savedAt: number
  ): Effect.Effect<void, Account.VersionConflict | Rejection.AccountNotFound> => {
    const { id: accountId, version } = account
    const row = rows.get(accountId)
    if (row === undefined) return Effect.fail(new Rejection.AccountNotFound({ accountId }))
    const actual = row.account.version
    if (actual !== version - 1)
      return Effect.fail(new Account.VersionConflict({ accountId, expected: version - 1, actual }))
    rows.set(accountId, { ...row, account, savedAt })
    return Effect.void
  }

  return AccountStore.of({
    nextNumber: Effect.sync(() => {
      numbersGiven += 1n
      return numbersGiven
    }),
    insert: (opening) => Effect.flatMap(Clock.currentTimeMillis, (millis) => insertAt(opening, millis)),
    find: (accountId) =>
      Effect.suspend(() => {
        const row = rows.get(accountId)
        return row === undefined
          ? Effect.fail(new Rejection.AccountNotFound({ accountId }))
          : Effect.succeed(row.account)
      }),
    owners: (ids) =>
      Effect.sync(
        () =>
          new Map(
            ids.flatMap((id) => {
              const row = rows.get(id)
              return row === undefined ? [] : [[id, row.account.owner]]
            })
          )
      ),
    list: ({ owner, after, limit }) =>
      Effect.sync(() =>
        accounts(
          ({ account }) =>
            (owner === undefined || account.owner === owner) && (after === undefined || account.id > after)
        ).slice(0, limit)
      ),
    save: (account) => Effect.flatMap(Clock.currentTimeMillis, (millis) => saveAt(account, millis)),
    confirm: (id, version) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row !== undefined) rows.set(id, { ...row, confirmed: Math.max(row.confirmed, version) })
      }),
    unconfirmed: ({ savedBefore, limit }) =>
      Effect.sync(() =>
        accounts((row) => row.savedAt < savedBefore && row.confirmed < row.account.version).slice(0, limit)
      )
  })
})

/** The accounts' port over plain maps; a list sorts all accounts each time. */
export const layer: Layer.Layer<AccountStore> = Layer.effect(AccountStore, make)
