import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { AccountId, TypedId } from "../../domain/ids/index.ts"
import { argumentsFrom } from "./Arguments.ts"
import { statOf } from "./Cpu.ts"
import { dice } from "./Dice.ts"
import { type Answer, type Asked, mix, type Transfer } from "./Mix.ts"
import { arrivals } from "./OpenLoop.ts"
import type { Measured } from "./Rounds.ts"
import { median, sampleOf } from "./Sample.ts"
import { pairs, type Spread, zipf } from "./Spread.ts"
import { cost, rates, ratio, table } from "./Table.ts"

const uuid = (n: number): Uint8Array => {
  const random = new Uint8Array(TypedId.randomByteLength)
  new DataView(random.buffer).setUint32(6, n)
  return TypedId.uuidV7(0, random)
}
const accountId = (n: number): AccountId => AccountId.make(TypedId.fromBytes("acc", uuid(n)))
const accounts = Array.from({ length: 10 }, (_, n) => accountId(n))

const refused: Answer = { refused: "InsufficientFunds" }
const newTransaction = (n: number): string => TypedId.fromBytes("txn", uuid(n))

/** The right answer to the n-th request. */
const right = (asked: Asked, n: number): Answer =>
  asked.expect === "rejection"
    ? refused
    : { transactionId: asked.expect === "replay" ? asked.transactionId : newTransaction(n) }

describe("the mix of requests", () => {
  test("two in a hundred are retries and two are rejections, and only the rest counts", () => {
    const requests = mix("some", accounts, "uniform", 1)
    const counts = { posting: 0, rejection: 0, replay: 0 }
    for (let n = 0; n < 20_000; n++) {
      const asked = requests.next()
      counts[asked.expect]++
      assert.equal(requests.isNewTransfer(asked, right(asked, n)), asked.expect === "posting")
    }
    for (const share of [counts.rejection, counts.replay]) assert.ok(share > 300 && share < 500, `${share}`)
  })

  test("a retry is a transfer that was acknowledged, with its key", () => {
    const requests = mix("some", accounts, "uniform", 2)
    const acknowledged = new Map<string, Transfer>()
    let retries = 0
    for (let n = 0; n < 2000; n++) {
      const asked = requests.next()
      if (asked.expect === "replay") {
        retries++
        assert.deepEqual(acknowledged.get(asked.transactionId), asked.transfer)
      }
      if (requests.isNewTransfer(asked, right(asked, n))) acknowledged.set(newTransaction(n), asked.transfer)
    }
    assert.ok(retries > 0)
  })

  test("an answer that is not the right one ends the benchmark", () => {
    const requests = mix("some", accounts, "uniform", 3)
    const { transfer } = requests.next()
    const wrong: ReadonlyArray<readonly [Asked, Answer]> = [
      [{ expect: "posting", transfer }, refused],
      [{ expect: "posting", transfer }, { refused: "LedgerOverloaded" }],
      [{ expect: "rejection", transfer }, { transactionId: newTransaction(1) }],
      [{ expect: "rejection", transfer }, { refused: "LedgerOverloaded" }],
      [{ expect: "replay", transfer, transactionId: newTransaction(1) }, { transactionId: newTransaction(2) }]
    ]
    for (const [asked, answer] of wrong) assert.throws(() => requests.isNewTransfer(asked, answer), /was to be a/u)
  })
})

describe("the spread of transfers", () => {
  test("is over two different accounts of those that there are, each of which comes", () => {
    for (const spread of ["uniform", "zipf", "hot"] satisfies ReadonlyArray<Spread>) {
      const choose = pairs(5, spread)
      const roll = dice(4)
      const chosen = Array.from({ length: 2000 }, () => choose(roll))
      assert.ok(chosen.every(([from, to]) => from !== to && [from, to].every((each) => each >= 0 && each < 5)))
      for (const side of [0, 1] as const) assert.equal(new Set(chosen.map((pair) => pair[side])).size, 5)
    }
  })

  test("has a hot account on one side of every transfer", () => {
    const choose = pairs(10, "hot")
    const roll = dice(4)
    assert.ok(Array.from({ length: 1000 }, () => choose(roll)).every((pair) => pair.includes(0)))
  })

  test("by Zipf's law chooses rank n a n-th as often as the first", () => {
    const choose = zipf(100)
    const roll = dice(5)
    const counts = new Map<number, number>()
    for (let n = 0; n < 100_000; n++) {
      const rank = choose(roll)
      counts.set(rank, (counts.get(rank) ?? 0) + 1)
    }
    const harmonic = Array.from({ length: 100 }, (_, n) => 1 / (n + 1)).reduce((sum, each) => sum + each, 0)
    for (const rank of [0, 1, 9, 99]) {
      const expected = 100_000 / (harmonic * (rank + 1))
      assert.ok(Math.abs((counts.get(rank) ?? 0) - expected) < 5 * Math.sqrt(expected), `rank ${rank}`)
    }
  })
})

describe("an open loop", () => {
  test("has arrivals at even distances, whatever was answered", () => {
    const { count, atMs, by } = arrivals(2000, 3)
    assert.equal(count, 6000)
    assert.deepEqual([atMs(0), atMs(1), atMs(5999)], [0, 0.5, 2999.5])
    assert.deepEqual([by(0), by(0.49), by(0.5), by(1)], [1, 1, 2, 3])
  })

  test("has no arrival after its time, however late one looks", () => {
    assert.equal(arrivals(10, 2).by(60_000), 20)
    assert.equal(arrivals(0.5, 3).count, 2)
  })

  test("has each arrival due when its time has come and not before", () => {
    const { count, atMs, by } = arrivals(128, 1)
    for (let n = 0; n < count; n++) {
      assert.equal(by(atMs(n)), n + 1)
      if (n > 0) assert.equal(by(atMs(n) - 0.001), n)
    }
  })
})

describe("the figures", () => {
  test("percentiles are of the nearest rank and the rate is of what was committed", () => {
    const latencies = Array.from({ length: 100 }, (_, n) => 100 - n)
    assert.deepEqual(sampleOf(100, 4, latencies), { committed: 100, tps: 25, latencyMsP50: 50, latencyMsP99: 99 })
    assert.equal(median([9, 1, 4]), 4)
    assert.equal(median([9, 1, 4, 6]), 5)
  })

  const at = (tps: number): Measured => ({
    ...sampleOf(1, 1 / tps, [2]),
    costs: { walBytes: 1500, loadMicros: 12, bankMicros: undefined, postgresMicros: 8 }
  })
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

  test("a ratio is taken within each round before its median", () => {
    const lines = table(["ours"], rounds, [...rates("tps"), ratio("base", () => "base")]).split("\n")
    assert.deepEqual(lines, [
      "| contender | tps | p50 ms | p99 ms | × base |",
      "| --- | ---: | ---: | ---: | ---: |",
      "| ours | 40 (20–300) | 2.00 (2.00–2.00) | 2.00 (2.00–2.00) | 2.00 (1.00–3.00) |"
    ])
  })

  test("what is not known or has no baseline is left out", () => {
    const columns = [cost("load", "loadMicros"), cost("bank", "bankMicros"), ratio("base", () => undefined)]
    assert.equal(table(["ours"], rounds, columns).split("\n")[2], "| ours | 12 (12–12) | – | – |")
  })

  test("CPU is read from what Linux says of a process, whatever its name", () => {
    const text = `17 (postgres: ) (x) S 5 17 17 0 -1 4194560 9 0 0 0 250 50 30 20 20 0 1`
    assert.deepEqual(statOf(text), { name: "postgres: ) (x", parent: 5, micros: 3_000_000, endedMicros: 500_000 })
  })
})

describe("the command line", () => {
  test("without arguments it is the ledger, five rounds of three seconds over the whole curve", () => {
    const asked = {
      benchmark: "ledger",
      rounds: 5,
      seconds: 3,
      inFlight: [1, 64, 1024, 8192],
      accounts: 1_000_000,
      entries: 20_000_000,
      only: [],
      json: undefined
    }
    assert.deepEqual(argumentsFrom([]), asked)
    assert.deepEqual(argumentsFrom(["ledger", "--in-flight", "8192,64,64"]), { ...asked, inFlight: [64, 8192] })
    assert.deepEqual(argumentsFrom(["endtoend", "--only", "pgbench,batch"]), {
      ...asked,
      benchmark: "endtoend",
      inFlight: [1, 64, 512],
      only: ["pgbench", "batch"]
    })
    assert.deepEqual(argumentsFrom(["auth"]), { ...asked, benchmark: "auth", inFlight: [1, 2] })
    assert.deepEqual(argumentsFrom(["large", "--accounts", "10", "--entries", "40"]), {
      ...asked,
      benchmark: "large",
      inFlight: [8192],
      accounts: 10,
      entries: 40
    })
  })

  test("what cannot be done is refused by name", () => {
    assert.throws(() => argumentsFrom(["loans"]), /no benchmark "loans"/u)
    assert.throws(() => argumentsFrom(["ledger", "large"]), /one benchmark at a time/u)
    assert.throws(() => argumentsFrom(["--rounds", "0"]), /--rounds/u)
    assert.throws(() => argumentsFrom(["--seconds", "1.5"]), /--seconds/u)
    assert.throws(() => argumentsFrom(["--in-flight", "40000"]), /--in-flight/u)
    assert.throws(() => argumentsFrom(["large", "--accounts", "10", "--entries", "19"]), /--entries/u)
  })
})
