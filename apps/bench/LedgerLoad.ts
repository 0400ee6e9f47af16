/** Our ledger under a closed loop: through its port, with the stores that the bank itself is wired with. */
import { Effect, ManagedRuntime } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { AccountId, TypedId } from "../../domain/ids/index.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { stores } from "../bank/Stores.ts"
import type { Check, Contender } from "./Contender.ts"
import { dice, type Spread } from "./Dice.ts"
import { keyed, type Mix, mix, posting } from "./Mix.ts"
import { sampleOf } from "./Sample.ts"

const usd = Currency.Code.make("USD")

/** How many requests are sent at once while accounts are opened, and accounts read at once while they are checked. */
const width = 1000

const newAccountId = (): AccountId =>
  AccountId.make(
    TypedId.fromBytes(
      "acc",
      TypedId.uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(TypedId.randomByteLength)))
    )
  )

/** Opens the bank's cash, and customers' accounts with a deposit each. */
const openAccounts = Effect.fn("bench.openAccounts")(function* (ids: ReadonlyArray<AccountId>, fundsMinor: bigint) {
  const ledger = yield* Ledger
  const terms = { currency: usd, overdraftLimit: Money.zero(usd), revision: 1 }
  const cash = newAccountId()
  yield* ledger.submit({
    key: keyed("open-cash", 0),
    command: { _tag: "OpenAccount", accountId: cash, kind: "internal", normalSide: "debit", ...terms }
  })
  const open = Effect.fnUntraced(function* (accountId: AccountId, n: number) {
    yield* ledger.submit({
      key: keyed("open", n),
      command: { _tag: "OpenAccount", accountId, kind: "customer", normalSide: "credit", ...terms }
    })
    yield* ledger.submit({ key: keyed("fund", n), command: posting("deposit", cash, accountId, fundsMinor) })
  })
  yield* Effect.forEach(ids, open, { concurrency: width, discard: true })
})

/** Keeps `inFlight` requests on their way for the time, waits for the last answers, and counts new transfers only. */
const load = Effect.fn("bench.load")(function* (requests: Mix, inFlight: number, seconds: number) {
  const ledger = yield* Ledger
  const latenciesMs: Array<number> = []
  const start = performance.now()
  const until = start + seconds * 1000
  const client = Effect.gen(function* () {
    while (performance.now() < until) {
      const asked = requests.next()
      const sentAt = performance.now()
      const answer = yield* Effect.result(ledger.submit(asked.instruction))
      if (requests.isNewTransfer(asked, answer)) latenciesMs.push(performance.now() - sentAt)
    }
  })
  const clients = Array.from({ length: inFlight }, () => client)
  yield* Effect.all(clients, { concurrency: "unbounded", discard: true })
  return sampleOf(latenciesMs.length, (performance.now() - start) / 1000, latenciesMs)
})

/** What is posted on all these accounts together, and how many entries they have. */
const totals = Effect.fn("bench.totals")(function* (ids: ReadonlyArray<AccountId>) {
  const ledger = yield* Ledger
  let minor = 0n
  let entries = 0
  for (let from = 0; from < ids.length; from += width) {
    for (const account of yield* ledger.accounts(ids.slice(from, from + width))) {
      minor += LedgerAccount.posted(account)
      entries += account.sequence
    }
  }
  return { minor, entries }
})

/** The ledger under load: its contenders, and what must be true of it afterwards. */
export interface LedgerLoad {
  readonly contender: (spread: Spread, inFlight: number) => Contender
  readonly checks: () => Promise<ReadonlyArray<Check>>
  /** Closes the ledger, after what it accepted. */
  readonly end: () => Promise<void>
}

/** Migrates the database, becomes the ledger's writer and opens `count` funded accounts. */
export const openLedger = async (url: string, count: number, fundsMinor: bigint): Promise<LedgerLoad> => {
  const runtime = ManagedRuntime.make(stores(url))
  const ids = Array.from({ length: count }, newAccountId)
  await runtime.runPromise(openAccounts(ids, fundsMinor))
  let committedInAll = 0

  return {
    contender: (spread, inFlight) => {
      const requests = mix(`${spread}-${inFlight}`, ids, spread, dice(inFlight + (spread === "hot" ? 1 : 0)))
      return {
        name: `ledger, ${spread}, ${inFlight.toLocaleString("en-US")} in flight`,
        prepare: async () => {},
        run: async (seconds) => {
          const sample = await runtime.runPromise(load(requests, inFlight, seconds))
          committedInAll += sample.committed
          return sample
        }
      }
    },
    checks: async () => {
      const { minor, entries } = await runtime.runPromise(totals(ids))
      const violations = await runtime.runPromise(Effect.flatMap(LedgerAudit, (audit) => audit.violations))
      return [
        {
          what: `ledger: ${committedInAll} acknowledged transfers have two entries each beside the ${count} deposits`,
          holds: entries === 2 * committedInAll + count
        },
        { what: "ledger: no money appeared", holds: minor === fundsMinor * BigInt(count) },
        {
          what: `ledger: ${violations.length === 0 ? "the audit finds every invariant to hold" : JSON.stringify(violations.slice(0, 5))}`,
          holds: violations.length === 0
        }
      ]
    },
    end: () => runtime.dispose()
  }
}
