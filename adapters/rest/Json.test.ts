import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { depthMax, type JsonFault, parseJson } from "./Json.ts"

const faultOf = (text: string): JsonFault => {
  const parsed = parseJson(text)
  assert.ok(Result.isFailure(parsed), `read: ${text}`)
  return parsed.failure
}

describe("the strict reader of JSON", () => {
  test("what JSON.stringify writes is read as JSON.parse reads it, however it is spaced", () => {
    const depthed = fc.json({ maxDepth: 6 })
    fc.assert(
      fc.property(depthed, fc.constantFrom(0, 1, "\t", "\r\n "), (text, space) => {
        const spaced = JSON.stringify(JSON.parse(text), null, space)
        // fast-check writes `__proto__` and lone surrogates now and then; refusing them is the point of this reader.
        fc.pre(!spaced.includes("__proto__") && !/\\ud[89a-f]/iu.test(spaced))
        assert.deepEqual(parseJson(spaced), Result.succeed(JSON.parse(spaced)))
      })
    )
  })

  test("what JSON.parse refuses is refused", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.string({ maxLength: 2 }), (text, at, inserted) => {
        const index = at % (text.length + 1)
        const mutant = text.slice(0, index) + inserted + text.slice(index + 1)
        let isJson = true
        try {
          JSON.parse(mutant)
        } catch {
          isJson = false
        }
        fc.pre(!isJson)
        assert.ok(Result.isFailure(parseJson(mutant)))
      }),
      { numRuns: 500 }
    )
  })

  test("a fault is named by its line, its column and the path to it", () => {
    assert.deepEqual(faultOf('{\n  "amount": {"amount": 01}\n}'), {
      message: "Expected a comma or a closing brace",
      path: ["amount", "amount"],
      line: 2,
      column: 25
    })
    assert.deepEqual(faultOf('{"entries":[1,tru]}').path, ["entries", 1])
  })

  test("equal keys are refused however they are written", () => {
    assert.deepEqual(faultOf('{"amount":"1","\\u0061mount":"2"}').path, ["amount"])
    assert.deepEqual(parseJson('{"a":{"b":1},"c":{"b":2}}'), Result.succeed({ a: { b: 1 }, c: { b: 2 } }))
  })

  test("a key can never reach a prototype", () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"\\u005f_proto__":1}', '[{"a":{"__proto__":null}}]']) faultOf(text)
    const parsed = parseJson('{"constructor":1,"toString":2}')
    assert.deepEqual(Result.isSuccess(parsed) ? Object.entries(Object(parsed.success)) : [], [
      ["constructor", 1],
      ["toString", 2]
    ])
  })

  test("nesting is read to its bound and no deeper", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
    assert.ok(Result.isSuccess(parseJson(nested(depthMax))))
    faultOf(nested(depthMax + 1))
    faultOf("[".repeat(500_000))
  })

  test("half a surrogate pair is refused, a whole one read", () => {
    faultOf('"\\ud83d"')
    faultOf('"\\udc39\\ud83d"')
    assert.deepEqual(parseJson('"\\ud83d\\udc39"'), Result.succeed("🐹"))
  })
})
