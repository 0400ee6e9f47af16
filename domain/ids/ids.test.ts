import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { AccountId, CustomerId, HoldId, LedgerId, TransactionId, TypedId } from "./index.ts"

const uuidBytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
const randoms = fc.uint8Array({ minLength: 10, maxLength: 10 })
const times = fc.integer({ min: 0, max: TypedId.millisMax })

describe("typed ids", () => {
  test("the vectors of the TypeID specification encode and decode", () => {
    const vectors: ReadonlyArray<readonly [string, string, string]> = [
      ["nil", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000"],
      ["one", "00000000-0000-0000-0000-000000000001", "00000000000000000000000001"],
      ["ten", "00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a"],
      ["sixteen", "00000000-0000-0000-0000-000000000010", "0000000000000000000000000g"],
      ["thirtytwo", "00000000-0000-0000-0000-000000000020", "00000000000000000000000010"],
      ["max", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"],
      ["alphabet", "0110c853-1d09-52d8-d73e-1194e95b5f19", "0123456789abcdefghjkmnpqrs"],
      ["prefix", "01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q"]
    ]
    for (const [prefix, uuid, suffix] of vectors) {
      assert.equal(TypedId.fromUuid(prefix, uuid), `${prefix}_${suffix}`)
      assert.equal(TypedId.toUuid(`${prefix}_${suffix}`), uuid)
      assert.equal(TypedId.prefixOf(`${prefix}_${suffix}`), prefix)
    }
  })

  test("a UUIDv7 is laid out as the example of RFC 9562 appendix A.6", () => {
    // unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
    const id = TypedId.fromBytes("txn", TypedId.uuidV7(0x017f22e279b0, random))
    assert.equal(TypedId.toUuid(id), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    assert.equal(TypedId.millisOf(id), 1645557742000)
  })

  test("each kind takes its own prefix only", () => {
    const kinds = { acc: AccountId, txn: TransactionId, hold: HoldId, cus: CustomerId, led: LedgerId }
    for (const [prefix, schema] of Object.entries(kinds)) {
      for (const other of Object.keys(kinds)) {
        const decoded = Schema.decodeUnknownResult(schema)(`${other}_01h455vb4pex5vsknk084sn02q`)
        assert.equal(Result.isSuccess(decoded), other === prefix, `${prefix} given ${other}`)
      }
    }
  })

  test("the invalid suffixes of the TypeID specification are refused", () => {
    for (const suffix of [
      "1234567890123456789012345",
      "123456789012345678901234567",
      "1234567890123456789012345 ",
      "0123456789ABCDEFGHJKMNPQRS",
      "123456789-0123456789-01234",
      "ooooooooooooooooooooooooou",
      "i23456789ol23456789oi23456",
      "8zzzzzzzzzzzzzzzzzzzzzzzzz",
      "0123456789abcdefghjkmnpqr\u00e9",
      ""
    ]) {
      assert.ok(Result.isFailure(Schema.decodeUnknownResult(AccountId)(`acc_${suffix}`)), suffix)
      assert.throws(() => TypedId.toBytes(`acc_${suffix}`), RangeError, suffix)
    }
  })

  test("a time before 1970, of a fraction or over 48 bits, and too little randomness are bugs", () => {
    const random = new Uint8Array(10)
    for (const millis of [-1, 0.5, TypedId.millisMax + 1, Number.NaN]) {
      assert.throws(() => TypedId.uuidV7(millis, random), RangeError)
    }
    assert.throws(() => TypedId.uuidV7(0, new Uint8Array(9)), RangeError)
    assert.throws(() => TypedId.fromBytes("acc", new Uint8Array(15)), RangeError)
    assert.throws(() => TypedId.fromUuid("acc", "01890a5dac96774bbcceb302099a8057"), RangeError)
  })

  test("INV-29: an id reads back as the 16 bytes it was made of", () => {
    fc.assert(
      fc.property(uuidBytes, (bytes) => {
        const id = TypedId.fromBytes("acc", bytes)
        assert.ok(Schema.is(AccountId)(id))
        assert.deepEqual(TypedId.toBytes(id), bytes)
        assert.equal(TypedId.fromUuid("acc", TypedId.toUuid(id)), id)
      })
    )
  })

  test("INV-30: ids sort by time as text", () => {
    fc.assert(
      fc.property(times, times, randoms, randoms, (left, right, leftRandom, rightRandom) => {
        fc.pre(left !== right)
        const leftId = TypedId.fromBytes("acc", TypedId.uuidV7(left, leftRandom))
        const rightId = TypedId.fromBytes("acc", TypedId.uuidV7(right, rightRandom))
        assert.equal(leftId < rightId, left < right)
        assert.equal(TypedId.millisOf(leftId), left)
      })
    )
  })
})
