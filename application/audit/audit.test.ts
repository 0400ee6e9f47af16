import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect, Layer, Schema } from "effect"
import { auditLogLayer, termsOfSimulation } from "../../adapters/memory/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { AuditChain, TenantId } from "../../domain/identity/index.ts"
import { Hash, sha256 } from "../../domain/proofs/index.ts"
import { withLayer } from "../../infra/testing/effect.ts"
import { AuditLog, type AuditRecord } from "../ports/AuditLog.ts"
import { Terms } from "../ports/Terms.ts"
import { AuditHead, contentOf, entryOf, getAuditHead, SearchAudit, searchAudit, secretOf } from "./index.ts"

const start = Date.UTC(2026, 10, 24)

const record = (index: number, tenant = termsOfSimulation.tenant): AuditRecord => ({
  at: Instant.fromMillis(start + index),
  tenant,
  actor: { id: "teller-1", roles: ["teller"] },
  operation: index % 2 === 0 ? "accounts.read" : "accounts.freeze",
  objects: [`acc_${index % 3}`],
  outcome: "read",
  origin: { requestId: `r${index}` }
})

const filled = Effect.gen(function* () {
  const log = yield* AuditLog
  for (let index = 1; index <= 7; index++) yield* log.append(record(index))
  yield* log.append(record(8, TenantId.make("another")))
})

const it = withLayer(Layer.merge(auditLogLayer, Layer.succeed(Terms, Terms.of(termsOfSimulation))))

const decode = Schema.decodeUnknownSync(SearchAudit)

describe("an auditor", () => {
  it.effect("reads this bank's entries in pages, newest first, until no next one is told", () =>
    Effect.gen(function* () {
      yield* filled
      const pages = []
      for (let query = decode({ limit: 3 }); ; ) {
        const { items, next } = yield* searchAudit(query)
        pages.push(items.map(({ sequence }) => sequence))
        if (next === undefined) break
        query = { ...query, after: next }
      }
      assert.deepEqual(pages, [[7, 6, 5], [4, 3, 2], [1]])
    })
  )

  it.effect("narrows them by who, what, on what and when", () =>
    Effect.gen(function* () {
      yield* filled
      const found = (query: object) =>
        Effect.map(searchAudit(decode({ limit: 200, ...query })), ({ items, next }) => {
          assert.equal(next, undefined)
          return items.map(({ sequence }) => sequence)
        })
      assert.deepEqual(yield* found({ actor: "teller-1", operation: "accounts.freeze" }), [7, 5, 3, 1])
      assert.deepEqual(yield* found({ object: "acc_1" }), [7, 4, 1])
      const [from, before] = [3, 6].map((each) => Instant.toText(Instant.fromMillis(start + each)))
      assert.deepEqual(yield* found({ from, before }), [5, 4, 3])
      assert.deepEqual(yield* found({ actor: "teller-2" }), [])
    })
  )

  it.effect("gets the head that is to be kept elsewhere", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* getAuditHead({}), { sequence: 0, hash: "0".repeat(64) })
      yield* filled
      const head = yield* getAuditHead({})
      const [newest] = yield* (yield* AuditLog).search({ limit: 1 })
      assert.deepEqual(head, { sequence: 8, hash: newest?.hash })
      assert.deepEqual(Schema.decodeUnknownSync(AuditHead)(head), head)
    })
  )

  test("is refused an unknown operation, a page of none and one of more than 200", () => {
    for (const query of [
      { limit: 0 },
      { limit: 201 },
      { limit: 1, operation: "accounts.burn" },
      { limit: 1, from: "now" }
    ])
      assert.throws(() => decode(query), JSON.stringify(query))
  })
})

describe("a record as it is stored", () => {
  test("is the record again, its secret part apart", () => {
    const full: AuditRecord = {
      ...record(1),
      code: "forbidden",
      before: "{}",
      after: "[1]",
      origin: { requestId: "r", address: "::1", userAgent: "curl", reason: "complaint" }
    }
    for (const each of [full, record(2)]) {
      const secret = secretOf(each)
      const content = contentOf(each, "0a", secret === undefined ? undefined : new TextEncoder().encode(secret))
      assert.deepEqual(entryOf({ sequence: 3, hash: "ff" }, content, secret), { sequence: 3, hash: "ff", ...each })
      const plain = JSON.stringify({ ...content, sealed: undefined })
      for (const text of ["::1", "curl", "complaint", "[1]"]) assert.ok(!plain.includes(text), text)
    }
    assert.equal(secretOf(record(2)), undefined)
  })

  test("has the same hash forever", () => {
    const content = contentOf({ ...record(1), tenant: TenantId.make("bank") }, "0a", undefined)
    const head = AuditChain.extended(AuditChain.empty, AuditChain.digestOf(content, sha256), sha256)
    assert.equal(Schema.encodeSync(Hash)(head.hash), "2fa5475de40c87a9677b7a3de99fdb755abfc584aae2dd1f0df57818ed9a5eab")
  })
})
