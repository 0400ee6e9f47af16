import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import { LedgerOverloaded, type SubmitError } from "../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import { AccountId, TransactionId, TypedId } from "../../domain/ids/index.ts"
import { type Receipt, Rejection } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { argumentsFrom } from "./Arguments.ts"
import { dice, pair } from "./Dice.ts"
import { type Asked, mix } from "./Mix.ts"
import type { Measured } from "./Rounds.ts"
import { median, sampleOf } from "./Sample.ts"
import { table } from "./Table.ts"

const uuid = (n: number): Uint8Array => {
  const random = new Uint8Array(TypedId.randomByteLength)
  new DataView(random.buffer).setUint32(6, n)
  return TypedId.uuidV7(0, random)
}
const accountId = (n: number): AccountId => AccountId.make(TypedId.fromBytes("acc", uuid(n)))
const accounts = Array.from({ length: 10 }, (_, n) => accountId(n))

type Answer = Result.Result<Receipt.Receipt, SubmitError>

const posted = (id: string): Answer =>
  Result.succeed({
    _tag: "TransactionPosted",
    transaction: {
      id: TransactionId.make(id),
      kind: "transfer",
      bookedAt: Instant.fromMillis(0),
      valueDate: LocalDate.fromEpochDay(0),
      entries: []
    }
  })
const none = Money.zero(Currency.Code.make("USD"))
const refused: Answer = Result.fail(
  new Rejection.InsufficientFunds({ accountId: accountId(0), available: none, requested: none })
)
const newTransaction = (n: number): string => TypedId.fromBytes("txn", uuid(n))

/** The right answer to the n-th request. */
const right = (asked: Asked, n: number): Answer =>
  asked.expect === "rejection" ? refused : posted(asked.expect === "replay" ? asked.transactionId : newTransaction(n))

describe("the mix of requests", () => {
  test("two in a hundred are retries and two are rejections, and only the rest counts", () => {
    const requests = mix("some", accounts, "uniform", dice(1))
    const counts = { posting: 0, rejection: 0, replay: 0 }
    for (let n = 0; n < 20_000; n++) {
      const asked = requests.next()
      counts[asked.expect]++
      assert.equal(requests.isNewTransfer(asked, right(asked, n)), asked.expect === "posting")
    }
    for (const share of [counts.rejection, counts.replay]) assert.ok(share > 300 && share < 500, `${share}`)
  })

  test("a retry has the key and the command of a transfer that was acknowledged", () => {
    const requests = mix("some", accounts, "uniform", dice(2))
    const acknowledged = new Map<string, Asked["instruction"]>()
    let retries = 0
    for (let n = 0; n < 2000; n++) {
      const asked = requests.next()
      if (asked.expect === "replay") {
        retries++
        assert.deepEqual(acknowledged.get(asked.transactionId), asked.instruction)
      }
      if (requests.isNewTransfer(asked, right(asked, n))) acknowledged.set(newTransaction(n), asked.instruction)
    }
    assert.ok(retries > 0)
  })

  test("an answer that is not the right one ends the benchmark", () => {
    const requests = mix("some", accounts, "uniform", dice(3))
    const { instruction } = requests.next()
    const overloaded: Answer = Result.fail(new LedgerOverloaded({}))
    const wrong: ReadonlyArray<readonly [Asked, Answer]> = [
      [{ expect: "posting", instruction }, refused],
      [{ expect: "posting", instruction }, overloaded],
      [{ expect: "rejection", instruction }, posted(newTransaction(1))],
      [{ expect: "replay", instruction, transactionId: newTransaction(1) }, posted(newTransaction(2))]
    ]
    for (const [asked, answer] of wrong) assert.throws(() => requests.isNewTransfer(asked, answer), /was to be a/u)
  })

  test("a hot account is on one side of every transfer, on either side, and never on both", () => {
    const roll = dice(4)
    const pairs = Array.from({ length: 1000 }, () => pair(roll, 10, "hot"))
    assert.ok(pairs.every(([from, to]) => from !== to && (from === 0 || to === 0)))
    assert.ok(pairs.some(([from]) => from === 0) && pairs.some(([, to]) => to === 0))
  })
})

describe("the figures", () => {
  test("percentiles are of the nearest rank and the rate is of what was committed", () => {
    const latencies = Array.from({ length: 100 }, (_, n) => 100 - n)
    assert.deepEqual(sampleOf(100, 4, latencies), { committed: 100, tps: 25, latencyMsP50: 50, latencyMsP99: 99 })
    assert.equal(median([9, 1, 4]), 4)
    assert.equal(median([9, 1, 4, 6]), 5)
  })

  test("a ratio is taken within each round before its median", () => {
    const at = (tps: number): Measured => ({ ...sampleOf(1, 1 / tps, [2]), walBytesPerTransaction: 1500 })
    const rounds = [
      [10, 20],
      [100, 300],
      [40, 40]
    ].map(
      ([base = 0, ours = 0]) =>
        new Map([
          ["base", at(base)],
          ["ours", at(ours)]
        ])
    )
    const lines = table(["ours"], rounds, [{ title: "base", name: "base" }]).split("\n")
    assert.equal(
      lines[2],
      "| ours | 40 (20–300) | 2.00 (2.00–2.00) | 2.00 (2.00–2.00) | 2.00 (1.00–3.00) | 1,500 (1,500–1,500) |"
    )
  })
})

describe("the command line", () => {
  test("without arguments it is three rounds of three seconds over the whole curve", () => {
    const asked = { rounds: 3, seconds: 3, inFlight: [1, 64, 1024, 8192], json: undefined }
    assert.deepEqual(argumentsFrom([]), asked)
    assert.deepEqual(argumentsFrom(["ledger", "--in-flight", "8192,64,64"]), { ...asked, inFlight: [64, 8192] })
  })

  test("what cannot be done is refused by name", () => {
    assert.throws(() => argumentsFrom(["loans"]), /no benchmark "loans"/u)
    assert.throws(() => argumentsFrom(["--rounds", "0"]), /--rounds/u)
    assert.throws(() => argumentsFrom(["--seconds", "1.5"]), /--seconds/u)
    assert.throws(() => argumentsFrom(["--in-flight", "40000"]), /--in-flight/u)
  })
})
