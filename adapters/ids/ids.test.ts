import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect, type Layer } from "effect"
import * as fc from "fast-check"
import { Ids } from "../../application/ports/Ids.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { layer, seeded } from "./index.ts"
import { monotonic } from "./Monotonic.ts"

const idsFrom = (ids: Layer.Layer<Ids>, times: ReadonlyArray<number>): ReadonlyArray<string> =>
  Effect.runSync(
    Effect.provide(
      Effect.map(Ids, ({ next }) => times.map((millis) => TypedId.fromBytes("acc", next(millis)))),
      ids
    )
  )

const millis = fc.integer({ min: 0, max: 4_102_444_800_000 })

const ascends = (ids: ReadonlyArray<string>): boolean =>
  ids.every((id, index) => index === 0 || (ids[index - 1] ?? id) < id)

describe("ids", () => {
  test("ids ascend, whether the clock stands still, advances or goes back", () => {
    fc.assert(
      fc.property(fc.array(millis, { maxLength: 50 }), fc.nat(20), (times, repeats) => {
        const all = times.flatMap((time) => Array.from({ length: repeats + 1 }, () => time))
        assert.ok(ascends(idsFrom(layer, all)))
        assert.ok(ascends(idsFrom(seeded(1), all)))
      })
    )
  })

  test("an id is a UUID of version 7 and variant 2, of the time it was asked for", () => {
    fc.assert(
      fc.property(millis, (time) => {
        const [id = ""] = idsFrom(layer, [time])
        assert.match(TypedId.toUuid(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
        assert.equal(TypedId.millisOf(id), time)
      })
    )
  })

  test("a hundred thousand ids of one millisecond all differ and keep its time", () => {
    const ids = idsFrom(
      layer,
      Array.from({ length: 100_000 }, () => 1_700_000_000_000)
    )
    assert.ok(ascends(ids))
    assert.equal(TypedId.millisOf(ids.at(-1) ?? ""), 1_700_000_000_000)
  })

  test("two layers give different ids for the same time", () => {
    assert.notDeepEqual(idsFrom(layer, [5]), idsFrom(layer, [5]))
  })

  test("a seed gives the same ids again, another seed others", () => {
    const times = [1, 1, 1, 2, 3, 3, 2]
    assert.deepEqual(idsFrom(seeded(42), times), idsFrom(seeded(42), times))
    const firsts = new Set(
      [0, 1, 2 ** 32, 42, Number.MAX_SAFE_INTEGER, -1].map((seed) => idsFrom(seeded(seed), [1])[0])
    )
    assert.equal(firsts.size, 6)
    assert.throws(() => idsFrom(seeded(0.5), [1]), RangeError)
  })

  test("random bits that run over carry into the millisecond", () => {
    const next = monotonic(() => 0xffff_ffff)
    const ids = [7, 7, 7, 7].map((time) => TypedId.fromBytes("acc", next(time)))
    assert.ok(ascends(ids))
    assert.deepEqual(ids.map(TypedId.millisOf), [7, 8, 8, 8])
  })

  test("the random bits are spread evenly: of many ids each bit is set in about half", () => {
    for (const ids of [layer, seeded(7)]) {
      const count = 4000
      const bytes = idsFrom(
        ids,
        Array.from({ length: count }, (_, index) => index)
      ).map(TypedId.toBytes)
      for (let bit = 48; bit < 128; bit++) {
        if ((bit >= 48 && bit < 52) || bit === 64 || bit === 65) continue
        const set = bytes.filter((each) => ((each[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1).length
        // Six standard deviations: √4000 / 2 is about 32.
        assert.ok(Math.abs(set - count / 2) < 190, `bit ${bit} is set in ${set} of ${count}`)
      }
    }
  })
})
