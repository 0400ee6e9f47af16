import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, Stream } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import type { Transaction } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { freshKey, start, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })
const present = <A>(value: A | undefined | null): A => value ?? assert.fail("expected a value")

/** Counts who follows, so that a test sees that nobody does any more. */
let following = 0
const counted = Layer.effect(
  Ledger,
  Effect.map(Ledger, (ledger) =>
    Ledger.of({
      ...ledger,
      follow: (accountId, seen) =>
        Stream.unwrap(
          Effect.sync(() => {
            following++
            return Stream.ensuring(
              ledger.follow(accountId, seen),
              Effect.sync(() => following--)
            )
          })
        )
    })
  )
)

describe("an account's history", () => {
  const bank = startBank(Layer.provideMerge(counted, Layer.provideMerge(memory, ids)))
  const { send } = bank
  after(() => bank.dispose())

  const deposit = async (id: string, amount: string, more = {}) => {
    const body = { amount: usd(amount), ...more }
    assert.equal((await send("POST", `/v1/accounts/${id}/deposits`, { body, key: freshKey() })).status, 201)
  }
  const withdraw = async (id: string, amount: string, more = {}) => {
    const body = { amount: usd(amount), ...more }
    assert.equal((await send("POST", `/v1/accounts/${id}/withdrawals`, { body, key: freshKey() })).status, 201)
  }

  test("is narrowed by query parameters, all of which must hold", async () => {
    const id = await bank.openAccount()
    const other = await bank.openAccount()
    await deposit(id, "9.00", { metadata: { run: "1", team: "a" }, valueDate: "2026-11-20" })
    await deposit(id, "2.00", { metadata: { run: "2" } })
    await withdraw(id, "3.00", { metadata: { run: "1" } })
    const body = { from: id, to: other, amount: usd("0.50") }
    await send("POST", "/v1/transfers", { body, key: freshKey() })
    const found = async (query: string) => {
      const received = await send("GET", `/v1/accounts/${id}/transactions?${query}`)
      assert.equal(received.status, 200, received.text)
      return [0, 1, 2, 3].map((index) => received.at(`items.${index}.sequence`)).filter((each) => each !== undefined)
    }
    assert.deepEqual(await found(""), [4, 3, 2, 1])
    assert.deepEqual(await found("side=credit"), [2, 1])
    assert.deepEqual(await found("kinds=deposit,transfer"), [4, 2, 1])
    assert.deepEqual(await found("amountMinorMin=200&amountMinorMax=300"), [3, 2])
    assert.deepEqual(await found("metadata[run]=1"), [3, 1])
    assert.deepEqual(await found("metadata%5Brun%5D=1&metadata%5Bteam%5D=a"), [1])
    assert.deepEqual(await found(`counterparty=${other}`), [4])
    assert.deepEqual(await found("valueDateTo=2026-11-23"), [1])
    assert.deepEqual(await found("bookedFrom=2026-11-24T00:00:00Z&bookedBefore=2026-11-25T00:00:00Z&limit=2"), [4, 3])
    assert.deepEqual(await found("bookedBefore=2026-11-24T00:00:00Z"), [])
  })

  test("gives the balance as of a booking time and as of a value date", async () => {
    const id = await bank.openAccount()
    await deposit(id, "9.00", { valueDate: "2026-11-20" })
    bank.setTime(start + 86_400_000)
    await withdraw(id, "4.00", { valueDate: "2026-11-30" })
    const balance = async (query: string) => {
      const received = await send("GET", `/v1/accounts/${id}/balance?${query}`)
      assert.equal(received.status, 200, received.text)
      return received.textAt("posted.amount")
    }
    const moment = new Date(start).toISOString()
    assert.equal(await balance(`bookedAt=${moment}`), "9.00")
    assert.equal(await balance(`bookedAt=${new Date(start - 1).toISOString()}`), "0.00")
    assert.equal(await balance("bookedAt=2999-12-31T23:59:59.999Z"), "5.00")
    assert.equal(await balance("valueDate=2026-11-19"), "0.00")
    assert.equal(await balance("valueDate=2026-11-29"), "9.00")
    assert.equal(await balance("valueDate=2026-11-30"), "5.00")
    bank.setTime(start)
  })

  test("is a CSV that quotes what must be, runs no formula, and ends with the closing balance", async () => {
    const id = await bank.openAccount()
    await deposit(id, "9.00", { description: '=cmd|"x",1', metadata: { note: "a,b" } })
    const received = await send("GET", `/v1/accounts/${id}/statements/2026-11`, { headers: { Accept: "text/csv" } })
    assert.equal(received.headers.get("content-type"), "text/csv; charset=utf-8")
    const [header, opening, entry = "", closing, end] = received.text.split("\r\n")
    assert.match(present(header), /^line,sequence,bookedAt,/)
    assert.equal(opening, "opening,,,2026-11-01,,,,,0.00,USD,,,,")
    assert.match(entry, /^entry,1,2026-11-\d\dT.*Z,2026-11-\d\d,txn_\w+,deposit,,9\.00,9\.00,USD,/)
    assert.ok(entry.endsWith(`,"'=cmd|""x"",1",,,"{""note"":""a,b""}"`), entry)
    assert.deepEqual([closing, end], ["closing,1,,,,,0.00,9.00,9.00,USD,,,,", ""])
  })

  test("is newline-delimited JSON where that is asked for, and JSON where nothing is", async () => {
    const id = await bank.openAccount()
    await deposit(id, "9.00")
    const path = `/v1/accounts/${id}/statements/2026-11`
    const lines = (await send("GET", path, { headers: { Accept: "application/x-ndjson" } })).text.trimEnd().split("\n")
    const tags = lines.map((line): unknown => Object(JSON.parse(line))._tag)
    assert.deepEqual(tags, ["StatementOpening", "BookedEntry", "StatementClosing"])
    assert.equal((await send("GET", path)).at("closing.amount"), "9.00")
    const preferring = { headers: { Accept: "text/csv;q=0.5, application/json" } }
    assert.equal((await send("GET", path, preferring)).headers.get("content-type"), "application/json")
  })

  test("is followed as events: on from Last-Event-ID, each once, until the client goes", async () => {
    const id = await bank.openAccount()
    await deposit(id, "1.00")
    await deposit(id, "2.00")
    const controller = new AbortController()
    const request = new Request(`http://bank.test/v1/accounts/${id}/entries/stream`, {
      headers: { Authorization: "Bearer ann", "Last-Event-ID": "1", Accept: "text/event-stream" },
      signal: controller.signal
    })
    const response = await bank.app.handle(request)
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8")
    const reader = present(response.body).pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    const until = async (wanted: RegExp) => {
      while (!wanted.test(text)) text += present((await reader.read()).value)
    }
    await until(/id: 2\n.*\n.*\n\n/)
    assert.equal(following, 1)
    await deposit(id, "3.00")
    await until(/id: 3\n.*\n.*\n\n/)
    assert.match(text, /^retry: 1000\n\n/)
    assert.deepEqual(
      [...text.matchAll(/^id: (\d+)\nevent: entry\ndata: (.*)$/gmu)].map(([, sequence, data = ""]): unknown => [
        sequence,
        Object(JSON.parse(data)).amount.amount
      ]),
      [
        ["2", "2.00"],
        ["3", "3.00"]
      ]
    )
    controller.abort()
    while (!(await reader.read()).done);
    assert.equal(following, 0)
  })

  test("is no longer followed once its client has hung up", { timeout: 20_000 }, async () => {
    const id = await bank.openAccount()
    const server = bank.app.listen({ port: 0, hostname: "127.0.0.1" }).server
    const controller = new AbortController()
    const response = await fetch(`http://127.0.0.1:${server?.port}/v1/accounts/${id}/entries/stream`, {
      headers: { Authorization: "Bearer ann" },
      signal: controller.signal
    })
    const reader = present(response.body).pipeThrough(new TextDecoderStream()).getReader()
    await reader.read()
    await deposit(id, "4.00")
    let text = ""
    while (!text.includes("id: 1\n")) text += present((await reader.read()).value)
    assert.equal(following, 1)
    controller.abort()
    while (following > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await server?.stop(true)
  })

  test("of an account that does not exist is a problem, not a stream", async () => {
    for (const path of ["entries/stream", "balance?valueDate=2026-11-24", "statements/2026-11"]) {
      const received = await send("GET", `/v1/accounts/acc_01h455vb4pex5vsknk084sn02q/${path}`, {
        headers: { Accept: "text/event-stream, text/csv, */*;q=0.1" }
      })
      assert.deepEqual([received.status, received.at("code")], [404, "account_not_found"])
    }
  })
})

describe("a statement of 200,000 entries", () => {
  const count = 200_000
  const entryOf = (accountId: AccountId, sequence: number, like: Transaction.BookedEntry): Transaction.BookedEntry => ({
    ...like,
    accountId,
    sequence,
    amount: Money.make(1n, Currency.Code.make("USD")),
    balance: Money.make(BigInt(sequence), Currency.Code.make("USD"))
  })
  const long = Layer.effect(
    Ledger,
    Effect.map(Ledger, (ledger) =>
      Ledger.of({
        ...ledger,
        // The first entry, over and over, as if it were a long history of its own.
        entries: (query) =>
          Effect.map(ledger.entries({ ...query, after: 0, order: "oldest", limit: 1 }), ([like]) => {
            const { after = 0 } = query
            const size = like === undefined ? 0 : Math.min(query.limit, count - after)
            return like === undefined
              ? []
              : Array.from({ length: size }, (_, index) => entryOf(query.accountId, after + index + 1, like))
          })
      })
    )
  )
  const bank = startBank(Layer.provideMerge(long, Layer.provideMerge(memory, ids)))
  after(() => bank.dispose())

  test("streams whole in bounded memory, however slow its reader", { timeout: 120_000 }, async () => {
    const id = await bank.fundedAccount("0.01")
    const response = await bank.app.handle(
      new Request(`http://bank.test/v1/accounts/${id}/statements/2026-11`, {
        headers: { Authorization: "Bearer ann", Accept: "text/csv" }
      })
    )
    const reader = present(response.body).getReader()
    let lines = 0
    let grownBytesMax = 0
    let last = ""
    let before: number | undefined
    for (let reads = 0; ; reads++) {
      const { done, value } = await reader.read()
      if (done) break
      last = new TextDecoder().decode(value)
      lines += last.split("\r\n").length - 1
      if (reads % 20 === 10) {
        globalThis.gc?.()
        const { heapUsed } = process.memoryUsage()
        before ??= heapUsed
        grownBytesMax = Math.max(grownBytesMax, heapUsed - before)
      }
    }
    assert.equal(lines, count + 3)
    assert.match(last, /closing,200000,,,,,0\.00,2000\.00,2000\.00,USD,,,,\r\n$/)
    assert.ok(grownBytesMax < 50_000_000, `the heap grew by ${grownBytesMax} bytes`)
  })
})
