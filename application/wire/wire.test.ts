import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema, SchemaAST } from "effect"
import * as fc from "fast-check"
import { Transaction } from "../../domain/ledger/index.ts"
import { AccountView } from "../accounts/index.ts"
import { BatchAnswer, Deposit, PostBatch, TransactionView, Transfer } from "../ledger/index.ts"
import { decoder, encoder } from "./index.ts"
import { parserOf } from "./Parser.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const account = (digit: number) => `acc_01h455vb4pex5vsknk084sn02${digit}`
const amount = { amount: "12.34", currency: "USD" }

const transfer = { from: account(1), to: account(2), amount, description: "Rent", metadata: { invoice: "17" } }
const batch = {
  mode: "independent",
  items: [
    { kind: "transfer", ...transfer, valueDate: "2026-11-24" },
    { kind: "deposit", account: account(3), amount },
    { kind: "withdrawal", account: account(4), amount: { amount: "5", currency: "JPY" } }
  ]
}

const posted = {
  id: "txn_01h455vb4pex5vsknk084sn02q",
  kind: "transfer",
  bookedAt: "2026-11-24T03:42:14.123Z",
  valueDate: "2026-11-24",
  metadata: { invoice: "17" },
  entries: [
    { accountId: account(1), side: "debit", amount },
    { accountId: account(2), side: "credit", amount }
  ]
}

/** Values that stand where others were expected. */
const strangers: ReadonlyArray<Json> = [
  null,
  true,
  0,
  1.5,
  "",
  "x",
  account(9),
  "-0.01",
  "1e3",
  "0.001",
  "EUR",
  "credit",
  [],
  {},
  { amount: "1", currency: "XXX" },
  JSON.parse('{"__proto__":"x"}')
]

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value with one thing in it taken away, put in or put in the place of another; `choose` takes one of so many. */
const changed = (value: Json, choose: (count: number) => number): Json => {
  const stranger = strangers[choose(strangers.length)] ?? null
  const inner = Array.isArray(value)
    ? value.map((each, index) => [String(index), each] as const)
    : Object.entries(value ?? {})
  if (typeof value === "string" || inner.length === 0 || choose(6) === 0) return stranger
  const [key = "", found = null] = inner[choose(inner.length)] ?? []
  const made = changed(found, choose)
  if (Array.isArray(value)) return value.map((each: Json, index) => (String(index) === key ? made : each))
  if (!isRecord(value)) return stranger
  const { [key]: _, ...rest } = value
  switch (choose(4)) {
    case 0:
      return rest
    case 1:
      return { ...value, unknown: stranger }
    default:
      return Object.fromEntries(inner.map(([name, each]) => [name, name === key ? made : each]))
  }
}

const changes = fc.array(fc.nat(1_000_003), { minLength: 1, maxLength: 12 })

const changedBy = (value: Json, numbers: ReadonlyArray<number>): Json => {
  let next = 0
  return changed(value, (count) => (numbers[next++ % numbers.length] ?? 0) % count)
}

/** What a decoding says, its faults as text. */
const said = <A>(result: Result.Result<A, Schema.SchemaError>): unknown =>
  Result.isSuccess(result) ? { value: result.success } : { faults: result.failure.message }

const decodedAs = <A>(schema: Schema.Codec<A, unknown>, right: Json): void => {
  const decode = decoder(schema)
  const judge = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  assert.ok(Result.isSuccess(decode(right)))
  assert.deepEqual(said(decode(right)), said(judge(right)))
  fc.assert(
    fc.property(changes, (numbers) => {
      const value = changedBy(right, numbers)
      assert.deepEqual(said(decode(value)), said(judge(value)))
    }),
    { numRuns: 500 }
  )
}

/** Encodes what `text` decodes to, and compares the texts: fields are in the same order too. */
const encodedAs = <A>(schema: Schema.Codec<A, unknown>, right: Json): void => {
  const value = Schema.decodeUnknownSync(schema)(right)
  assert.equal(JSON.stringify(encoder(schema)(value)), JSON.stringify(Schema.encodeSync(schema)(value)))
}

describe("between the wire and a use case", () => {
  test("what comes in is decoded, or refused for the same reasons, as by the Schema alone", () => {
    decodedAs(Transfer, transfer)
    decodedAs(Deposit, { account: account(1), amount })
    decodedAs(PostBatch, batch)
    decodedAs(TransactionView, posted)
  })

  test("what goes out is written as by the Schema alone", () => {
    encodedAs(TransactionView, posted)
    encodedAs(BatchAnswer, {
      items: [
        { index: 0, transaction: posted },
        { index: 1, error: { code: "invalid_request", title: "Invalid request", detail: "No", field: "items.1" } }
      ]
    })
    const { entries, id, ...head } = posted
    const booked = entries.map((entry, index) => ({
      ...entry,
      sequence: index + 1,
      balance: amount,
      ...head,
      transactionId: id
    }))
    encodedAs(Schema.Array(Transaction.BookedEntry), booked)
  })

  test("fields that an answer has besides those of its Schema do not go out", () => {
    const value = { index: 0, secret: "x", transaction: Schema.decodeUnknownSync(TransactionView)(posted) }
    assert.deepEqual(encoder(BatchAnswer)({ items: [value] }), { items: [{ index: 0, transaction: posted }] })
  })

  test("a Schema that is more than its parts is left to Schema", () => {
    const Lazy = Schema.Struct({ inner: Schema.suspend((): Schema.Codec<string> => Schema.String) })
    assert.equal(parserOf(Lazy.ast, { isStrict: true }), undefined)
    assert.deepEqual(said(decoder(Lazy)({ inner: "x" })), { value: { inner: "x" } })
    assert.ok(Result.isFailure(decoder(Lazy)({ inner: 1 })))
    assert.deepEqual(encoder(Lazy)({ inner: "x" }), { inner: "x" })
  })

  test("what moves money and what is read most is parsed in one pass", () => {
    for (const command of [Transfer, Deposit, PostBatch])
      assert.notEqual(parserOf(command.ast, { isStrict: true }), undefined)
    for (const answer of [TransactionView, BatchAnswer, AccountView, Transaction.BookedEntry])
      assert.notEqual(parserOf(SchemaAST.flip(answer.ast), { isStrict: false }), undefined)
  })
})
