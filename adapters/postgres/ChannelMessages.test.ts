import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type Reply, replies } from "./ChannelMessages.ts"

const message = (letter: string, body: Uint8Array | string = ""): Buffer => {
  const bytes = Buffer.from(body)
  const head = Buffer.from(`${letter}....`)
  head.writeUInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

/** What is heard of the bytes when they come in pieces of this length. */
const heard = (bytes: Buffer, piece: number): ReadonlyArray<Reply> => {
  const all: Array<Reply> = []
  const take = replies((reply) => {
    all.push(reply)
    return reply._tag !== "Surprise"
  })
  for (let at = 0; at < bytes.length; at += piece) take(bytes.subarray(at, at + piece))
  return all
}

const fields = "SFEHLER\0VERROR\0C22012\0Mdivision by zero\0DRow (4711)\0WCOPY kept, line 1: 4711\0q4711\0Rint4div\0\0"
const answer = Buffer.concat([
  message("G", "..."),
  message("C", "COPY 3\0"),
  message("N", "SNOTICE\0\0"),
  message("T", "...."),
  message("D", Buffer.alloc(300, "Z")),
  message("S", "TimeZone\0UTC\0"),
  message("E", fields),
  message("Z", "I")
])

describe("what the server sends", () => {
  for (const piece of [1, 2, 3, 5, 7, 64, answer.length])
    test(`says the same when it comes ${piece} bytes at a time`, () => {
      const expected = ["CopyWanted", "Failed", "Ready"]
      assert.deepEqual(
        heard(Buffer.concat([answer, answer]), piece).map(({ _tag }) => _tag),
        [...expected, ...expected]
      )
    })

  test("of a failure leaves out what holds rows", () => {
    const failed = heard(answer, answer.length).find((reply) => reply._tag === "Failed")
    assert.deepEqual(failed?.fields, {
      severity_local: "FEHLER",
      severity: "ERROR",
      code: "22012",
      message: "division by zero",
      routine: "int4div"
    })
  })

  test("is a surprise, and nothing after it counts, where it is no answer to a script", () => {
    const surprises = [
      message("X"),
      message("R", "...."),
      message("H", "..."),
      message("Z", "T"),
      message("Z", "E"),
      message("Z", "II"),
      Buffer.from([..."D"].map((letter) => letter.charCodeAt(0)).concat(0, 0, 0, 3)),
      Buffer.from([..."E"].map((letter) => letter.charCodeAt(0)).concat(255, 255, 255, 255))
    ]
    for (const bytes of surprises)
      assert.deepEqual(
        heard(Buffer.concat([message("G"), bytes, message("Z", "I")]), bytes.length + 12).map(({ _tag }) => _tag),
        ["CopyWanted", "Surprise"],
        JSON.stringify(bytes)
      )
  })
})
