import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect, Exit, Layer, References, Stream } from "effect"
import { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import { Ledger, LedgerOverloaded, LedgerUnavailable, type SubmitError } from "../../../application/ports/Ledger.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { AccountId, TypedId } from "../../../domain/ids/index.ts"
import { type LedgerAccount, Rejection } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { errorJsonOf } from "../ErrorJson.ts"
import { LedgerClient, ledgerService, serve } from "../index.ts"
import { authenticatorLayer, termsLayer, token } from "../testing.fixture.ts"

const usd = Currency.Code.make("USD")
const accountId = (n: number): AccountId => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(12, n)
  return AccountId.make(TypedId.fromBytes("acc", bytes))
}
const command = { _tag: "CloseAccount", accountId: accountId(1), revision: 1 } as const
const instruction = { key: IdempotencyKey.make("key"), command }
const quiet = Layer.succeed(References.MinimumLogLevel, "None")

/** A ledger that answers every submission with this. */
const answering = (answer: Effect.Effect<never, SubmitError>, asked: Array<number> = []): Ledger["Service"] => ({
  submit: () => answer,
  submitMany: (instructions) => Effect.forEach(instructions, () => Effect.result(answer)),
  accounts: (ids) =>
    Effect.sync(() => {
      asked.push(ids.length)
      return ids.map(accountOf)
    }),
  transaction: (transactionId) => Effect.fail(new Rejection.TransactionNotFound({ transactionId })),
  hold: (holdId) => Effect.fail(new Rejection.HoldNotFound({ holdId })),
  entries: () => Effect.succeed([]),
  search: () => Effect.succeed({ entries: [] }),
  balanceByValueDate: () => Effect.succeed(0n),
  follow: () => Stream.never,
  expireHolds: Effect.succeed(0)
})

const accountOf = (id: AccountId): LedgerAccount.LedgerAccount => ({
  id,
  kind: "customer",
  currency: usd,
  normalSide: "credit",
  overdraftLimit: 0n,
  restriction: "none",
  closed: false,
  revision: 1,
  sequence: 0,
  openHolds: 0,
  postedDebits: 0n,
  postedCredits: 0n,
  pendingDebits: 0n,
  pendingCredits: 0n,
  openedAt: opened
})
const opened = Instant.fromMillis(Date.UTC(2026, 10, 24))

/** What a call through the client, of a server with this ledger, ends with. */
const through = <A, E>(
  remote: Ledger["Service"],
  call: (ledger: Ledger["Service"]) => Effect.Effect<A, E>,
  options: { readonly token?: string; readonly timeoutMillis?: number } = {}
): Promise<Exit.Exit<A, E>> =>
  Effect.gen(function* () {
    const { port } = yield* serve([ledgerService], { host: "127.0.0.1", port: 0, graceMillis: 0 }).pipe(
      Effect.provide(Layer.mergeAll(Layer.succeed(Ledger, remote), authenticatorLayer, termsLayer))
    )
    const client = LedgerClient.layer({ baseUrl: `http://127.0.0.1:${port}`, token, ...options })
    return yield* Effect.exit(Effect.provide(Effect.flatMap(Ledger, call), client))
  }).pipe(Effect.scoped, Effect.provide(quiet), Effect.orDie, Effect.runPromise)

describe("the ledger's client", () => {
  test("raises the very error that the ledger did", async () => {
    for (const error of [
      new Rejection.InsufficientFunds({
        accountId: accountId(1),
        available: Money.make(5n, usd),
        requested: Money.make(7n, usd)
      }),
      new Rejection.HoldsOutstanding({ accountId: accountId(1), openHolds: 2 }),
      new LedgerOverloaded({}),
      new LedgerUnavailable({ reason: "fenced" })
    ]) {
      const exit = await through(answering(Effect.fail(error)), (ledger) => Effect.flip(ledger.submit(instruction)))
      assert.ok(Exit.isSuccess(exit))
      assert.equal(exit.value.constructor, error.constructor)
      assert.equal(errorJsonOf(exit.value), errorJsonOf(error))
    }
  })

  test("says that the ledger is unavailable where nothing listens", async () => {
    const { port } = await Effect.runPromise(
      Effect.scoped(
        serve([ledgerService], { host: "127.0.0.1", port: 0 }).pipe(
          Effect.provide(Layer.mergeAll(Layer.succeed(Ledger, answering(Effect.never)), authenticatorLayer, termsLayer))
        )
      )
    )
    const client = LedgerClient.layer({ baseUrl: `http://127.0.0.1:${port}`, token })
    const call = Effect.flatMap(Ledger, (ledger) => ledger.submit(instruction)).pipe(
      Effect.provide(client),
      Effect.flip
    )
    assert.equal((await Effect.runPromise(call))._tag, "LedgerUnavailable")
  })

  test("says that the ledger is unavailable after its time, under a wrong token and after a bug of the server", async () => {
    const submit = (ledger: Ledger["Service"]) => Effect.flip(ledger.submit(instruction))
    for (const [remote, options, reason] of [
      [answering(Effect.never), { timeoutMillis: 50 }, /^DeadlineExceeded/u],
      [answering(Effect.never), { token: "wrong" }, /^Unauthenticated/u],
      [answering(Effect.die("bug")), {}, /^Internal/u]
    ] as const) {
      const exit = await through(remote, submit, options)
      assert.ok(Exit.isSuccess(exit))
      assert.ok(exit.value._tag === "LedgerUnavailable")
      assert.match(exit.value.reason, reason)
    }
  })

  test("takes a server without the service for a bug", async () => {
    const program = Effect.gen(function* () {
      const { port } = yield* serve<never>([], { host: "127.0.0.1", port: 0, graceMillis: 0 })
      const client = LedgerClient.layer({ baseUrl: `http://127.0.0.1:${port}`, token })
      const call = Effect.flatMap(Ledger, (ledger) => ledger.submit(instruction))
      return yield* Effect.exit(Effect.provide(call, client))
    })
    const exit = await Effect.runPromise(
      Effect.scoped(Effect.provide(program, Layer.merge(authenticatorLayer, termsLayer)))
    )
    assert.ok(Exit.isFailure(exit) && Exit.hasDies(exit))
  })

  test("asks for any number of accounts, a thousand a call", async () => {
    const asked: Array<number> = []
    const ids = Array.from({ length: 2500 }, (_, n) => accountId(n))
    const exit = await through(answering(Effect.never, asked), (ledger) => ledger.accounts(ids))
    assert.ok(Exit.isSuccess(exit))
    assert.deepEqual(
      exit.value.map(({ id }) => id),
      ids
    )
    assert.deepEqual(asked.sort(), [1000, 1000, 500])
    assert.deepEqual(await through(answering(Effect.never), (ledger) => ledger.accounts([])), Exit.succeed([]))
  })
})
