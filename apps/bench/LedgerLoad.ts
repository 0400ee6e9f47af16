/** Our ledger under load: through its port, with the stores that the bank itself is wired with. */
import { Effect, ManagedRuntime, Result } from "effect"
import { keyOf } from "../../application/ports/Idempotency.ts"
import { type Instruction, Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import type { SubmitOutcome } from "../../application/ports/SubmitMany.ts"
import { AccountId, TypedId } from "../../domain/ids/index.ts"
import { type Command, LedgerAccount } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { ledgerStores } from "../bank/Stores.ts"
import type { Check, Contender } from "./Contender.ts"
import { dice } from "./Dice.ts"
import { type Answer, accountAt, freshTransfers, type Mix, mix, type Transfer } from "./Mix.ts"
import { arrivals } from "./OpenLoop.ts"
import { type Sample, sampleOf } from "./Sample.ts"
import type { Spread } from "./Spread.ts"

const usd = Currency.Code.make("USD")

/** How many requests are sent at once while accounts are opened, and accounts read at once while they are checked. */
const width = 1000

/** How many accounts are opened, or transfers posted, between two reports. */
const reportEvery = 50_000

/** Transfers of a list, where they come in lists as batches and streams bring them. */
const listLength = 256

/** How many requests of an open loop are on their way at once at most, as the ledger takes no more; others wait. */
const openInFlightMax = 32_000

export const newAccountId = (): AccountId =>
  AccountId.make(
    TypedId.fromBytes(
      "acc",
      TypedId.uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(TypedId.randomByteLength)))
    )
  )

const posting = (kind: "deposit" | "transfer", { key, from, to, minor }: Transfer): Instruction => {
  const amount = Money.make(minor, usd)
  const command: Command.Post = {
    _tag: "Post",
    kind,
    legs: [
      { accountId: from, side: "debit", amount },
      { accountId: to, side: "credit", amount }
    ]
  }
  return { key: keyOf("bench", key), command }
}

/** Opens the bank's cash, and customers' accounts with a deposit each. */
const openAccounts = Effect.fn("bench.openAccounts")(function* (
  accounts: ReadonlyArray<AccountId>,
  fundsMinor: bigint,
  report: (opened: number) => void
) {
  const ledger = yield* Ledger
  const terms = { currency: usd, overdraftLimit: Money.zero(usd), revision: 1 }
  const cash = newAccountId()
  yield* ledger.submit({
    key: keyOf("bench", "open-cash"),
    command: { _tag: "OpenAccount", accountId: cash, kind: "internal", normalSide: "debit", ...terms }
  })
  let next = 0
  const client = Effect.gen(function* () {
    for (let n = next++; n < accounts.length; n = next++) {
      const accountId = accountAt(accounts, n)
      yield* ledger.submit({
        key: keyOf("bench", `open-${n}`),
        command: { _tag: "OpenAccount", accountId, kind: "customer", normalSide: "credit", ...terms }
      })
      yield* ledger.submit(posting("deposit", { key: `fund-${n}`, from: cash, to: accountId, minor: fundsMinor }))
      if ((n + 1) % reportEvery === 0) report(n + 1)
    }
  })
  yield* together(client, width)
})

/** Runs so many clients side by side to their ends. */
const together = <E, R>(client: Effect.Effect<void, E, R>, count: number): Effect.Effect<void, E, R> =>
  Effect.all(
    Array.from({ length: count }, () => client),
    { concurrency: "unbounded", discard: true }
  )

const answerOf = (outcome: SubmitOutcome): Answer => {
  if (Result.isFailure(outcome)) return { refused: outcome.failure._tag }
  const receipt = outcome.success
  return receipt._tag === "TransactionPosted" ? { transactionId: receipt.transaction.id } : { refused: receipt._tag }
}

const ask = (ledger: Ledger["Service"], transfer: Transfer): Effect.Effect<Answer> =>
  Effect.map(Effect.result(ledger.submit(posting("transfer", transfer))), answerOf)

/** Posts `count` new transfers. */
const fill = Effect.fn("bench.fill")(function* (next: () => Transfer, count: number, inFlight: number) {
  const ledger = yield* Ledger
  let left = count
  const client = Effect.gen(function* () {
    while (left-- > 0) {
      const answer = yield* ask(ledger, next())
      if ("refused" in answer) throw new Error(`a transfer was refused: ${answer.refused}`)
    }
  })
  yield* together(client, inFlight)
})

/** Posts transfers, all of them at once. */
const post = Effect.fn("bench.post")(function* (transfers: ReadonlyArray<Transfer>) {
  const ledger = yield* Ledger
  const answers = yield* ledger.submitMany(transfers.map((transfer) => posting("transfer", transfer)))
  if (answers.some(Result.isFailure)) throw new Error("a transfer was refused")
})

/** What a client of a loop asks, and whom it tells. */
interface Turn {
  readonly isOver: () => boolean
  /** Tells how long a new transfer took. */
  readonly took: (latencyMs: number) => void
}

/** Runs so many clients, who ask until the time is over, waits for the last answers, and counts new transfers only. */
const loop = Effect.fnUntraced(function* (
  clients: number,
  seconds: number,
  client: (turn: Turn) => Effect.Effect<void, never, Ledger>
) {
  const latenciesMs: Array<number> = []
  const start = performance.now()
  const until = start + seconds * 1000
  const turn = {
    isOver: () => performance.now() >= until,
    took: (latencyMs: number) => void latenciesMs.push(latencyMs)
  }
  yield* together(client(turn), clients)
  return sampleOf(latenciesMs.length, (performance.now() - start) / 1000, latenciesMs)
})

/** Keeps `inFlight` requests on their way for the time. */
const closedLoop = (requests: Mix, inFlight: number, seconds: number) =>
  loop(inFlight, seconds, ({ isOver, took }) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      while (!isOver()) {
        const asked = requests.next()
        const sentAt = performance.now()
        const answer = yield* ask(ledger, asked.transfer)
        if (requests.isNewTransfer(asked, answer)) took(performance.now() - sentAt)
      }
    })
  )

/** As `closedLoop`, with clients who each send a list at a time and wait for all of its answers. */
const listsLoop = (requests: Mix, inFlight: number, seconds: number) =>
  loop(Math.ceil(inFlight / listLength), seconds, ({ isOver, took }) =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      while (!isOver()) {
        const list = Array.from({ length: listLength }, requests.next)
        const sentAt = performance.now()
        const outcomes = yield* ledger.submitMany(list.map(({ transfer }) => posting("transfer", transfer)))
        const latencyMs = performance.now() - sentAt
        for (const [index, outcome] of outcomes.entries()) {
          const asked = list[index]
          if (asked !== undefined && requests.isNewTransfer(asked, answerOf(outcome))) took(latencyMs)
        }
      }
    })
  )

/** Sends requests as they arrive, looking every millisecond, and waits for the last answers; counts new transfers only. */
const openLoop = Effect.fn("bench.openLoop")(function* (requests: Mix, perSecond: number, seconds: number) {
  const ledger = yield* Ledger
  const arriving = arrivals(perSecond, seconds)
  const latenciesMs: Array<number> = []
  const start = performance.now()
  let sent = 0
  let answered = 0
  const send = Effect.fnUntraced(function* (arrivedAt: number) {
    const asked = requests.next()
    const answer = yield* ask(ledger, asked.transfer)
    answered++
    if (requests.isNewTransfer(asked, answer)) latenciesMs.push(performance.now() - arrivedAt)
  })
  yield* Effect.scoped(
    Effect.gen(function* () {
      while (answered < arriving.count) {
        const due = arriving.by(performance.now() - start)
        while (sent < due && sent - answered < openInFlightMax)
          yield* Effect.forkScoped(send(start + arriving.atMs(sent++)))
        yield* Effect.sleep(1)
      }
    })
  )
  return sampleOf(latenciesMs.length, (performance.now() - start) / 1000, latenciesMs)
})

/** What is posted on all these accounts together, and how many entries they have. */
const totals = Effect.fn("bench.totals")(function* (accounts: ReadonlyArray<AccountId>) {
  const ledger = yield* Ledger
  let minor = 0n
  let entries = 0
  for (let from = 0; from < accounts.length; from += width) {
    for (const account of yield* ledger.accounts(accounts.slice(from, from + width))) {
      minor += LedgerAccount.posted(account)
      entries += account.sequence
    }
  }
  return { minor, entries }
})

/** The ledger under load: its contenders, and what must be true of it afterwards. */
export interface LedgerLoad {
  /** A closed loop: so many requests are on their way at any time. */
  readonly contender: (spread: Spread, inFlight: number) => Contender
  /** A closed loop of lists: so many transfers are on their way at any time, in whole lists. */
  readonly listsContender: (spread: Spread, inFlight: number) => Contender
  /** An open loop: so many requests arrive a second. */
  readonly openContender: (spread: Spread, perSecond: number) => Contender
  /** Posts new transfers over all accounts; `report` is told how many every so often. */
  readonly fill: (count: number, inFlight: number, report: (posted: number) => void) => Promise<void>
  /** Posts these transfers in their order. */
  readonly post: (transfers: ReadonlyArray<Transfer>) => Promise<void>
  /** Runs an effect on the ledger's port. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Ledger>) => Promise<A>
  readonly checks: () => Promise<ReadonlyArray<Check>>
  /** Closes the ledger, after what it accepted. */
  readonly end: () => Promise<void>
}

/** Migrates the database, becomes the ledger's writer and opens these accounts, each with funds; `report` is told how many. */
export const openLedger = async (
  url: string,
  accounts: ReadonlyArray<AccountId>,
  fundsMinor: bigint,
  report: (opened: number) => void = () => {}
): Promise<LedgerLoad> => {
  const runtime = ManagedRuntime.make(ledgerStores(url))
  await runtime.runPromise(openAccounts(accounts, fundsMinor, report))
  let mixes = 0
  let committedInAll = 0

  const contender = (
    name: string,
    spread: Spread,
    loop: (requests: Mix, seconds: number) => Effect.Effect<Sample, never, Ledger>
  ): Contender => {
    const requests = mix(`mix-${++mixes}`, accounts, spread, mixes)
    return {
      name,
      prepare: async () => {},
      run: async (seconds) => {
        const sample = await runtime.runPromise(loop(requests, seconds))
        committedInAll += sample.committed
        return sample
      }
    }
  }

  return {
    contender: (spread, inFlight) =>
      contender(`ledger, ${spread}, ${inFlight.toLocaleString("en-US")} in flight`, spread, (requests, seconds) =>
        closedLoop(requests, inFlight, seconds)
      ),
    listsContender: (spread, inFlight) =>
      contender(
        `ledger, ${spread}, ${inFlight.toLocaleString("en-US")} in flight, in lists of ${listLength}`,
        spread,
        (requests, seconds) => listsLoop(requests, inFlight, seconds)
      ),
    openContender: (spread, perSecond) =>
      contender(
        `ledger, ${spread}, ${perSecond.toLocaleString("en-US")} arriving a second`,
        spread,
        (requests, seconds) => openLoop(requests, perSecond, seconds)
      ),
    fill: async (count, inFlight, report) => {
      const next = freshTransfers("fill", accounts, "uniform", dice(0))
      for (let posted = 0; posted < count; posted += reportEvery) {
        await runtime.runPromise(fill(next, Math.min(reportEvery, count - posted), inFlight))
        report(Math.min(count, posted + reportEvery))
      }
      committedInAll += count
    },
    post: async (transfers) => {
      for (let from = 0; from < transfers.length; from += width)
        await runtime.runPromise(post(transfers.slice(from, from + width)))
      committedInAll += transfers.length
    },
    run: (effect) => runtime.runPromise(effect),
    checks: async () => {
      const { minor, entries } = await runtime.runPromise(totals(accounts))
      const violations = await runtime.runPromise(Effect.flatMap(LedgerAudit, (audit) => audit.violations))
      return [
        {
          what: `ledger: ${committedInAll} acknowledged transfers have two entries each beside the ${accounts.length} deposits`,
          holds: entries === 2 * committedInAll + accounts.length
        },
        { what: "ledger: no money appeared", holds: minor === fundsMinor * BigInt(accounts.length) },
        {
          what: `ledger: ${violations.length === 0 ? "the audit finds every invariant to hold" : JSON.stringify(violations.slice(0, 5))}`,
          holds: violations.length === 0
        }
      ]
    },
    end: () => runtime.dispose()
  }
}
