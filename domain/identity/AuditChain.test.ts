import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as fc from "fast-check"
import { AuditChain } from "./index.ts"

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** What SHA-256 is taken for: no two inputs have the same hash. This one hashes by numbering what it has seen. */
const perfect = (): AuditChain.Sha256 => {
  const seen = new Map<string, number>()
  return (bytes) => {
    const key = toHex(bytes)
    const number = seen.get(key) ?? seen.size + 1
    seen.set(key, number)
    const hash = new Uint8Array(AuditChain.byteLength)
    new DataView(hash.buffer).setUint32(0, number)
    return hash
  }
}

// Few and short texts, so that values often meet in fields that adjoin.
const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "🦫", "\u{0}"), maxLength: 3 })
const maybe = <A>(of: fc.Arbitrary<A>) => fc.option(of, { nil: undefined })
const texts = fc.array(text, { maxLength: 3 })

const contents: fc.Arbitrary<AuditChain.Content> = fc.record({
  id: text,
  at: fc.integer(),
  tenant: text,
  actor: text,
  user: maybe(text),
  customer: maybe(text),
  roles: texts,
  client: maybe(text),
  session: maybe(text),
  operation: text,
  objects: texts,
  outcome: text,
  code: maybe(text),
  requestId: text,
  sealed: maybe(fc.uint8Array({ maxLength: 4 }))
})

const isSame = (left: AuditChain.Content, right: AuditChain.Content): boolean => {
  const plain = (content: AuditChain.Content) =>
    JSON.stringify({ ...content, sealed: content.sealed === undefined ? null : toHex(content.sealed) }, (_, value) =>
      value === undefined ? null : value
    )
  return plain(left) === plain(right)
}

/** One field of a content taken from another. */
const withFieldOf = (
  content: AuditChain.Content,
  other: AuditChain.Content,
  field: keyof AuditChain.Content
): AuditChain.Content => ({ ...content, [field]: other[field] })

const fields = fc.constantFrom<keyof AuditChain.Content>(
  "id",
  "at",
  "tenant",
  "actor",
  "user",
  "customer",
  "roles",
  "client",
  "session",
  "operation",
  "objects",
  "outcome",
  "code",
  "requestId",
  "sealed"
)

/** The chain of contents, from a head on. */
const chained = (
  of: ReadonlyArray<AuditChain.Content>,
  sha256: AuditChain.Sha256,
  from = AuditChain.empty
): ReadonlyArray<AuditChain.Linked> => {
  let head = from
  return of.map((content) => {
    head = AuditChain.extended(head, AuditChain.digestOf(content, sha256), sha256)
    return { ...head, content }
  })
}

interface Case {
  readonly sha256: AuditChain.Sha256
  readonly chain: ReadonlyArray<AuditChain.Linked>
  /** The head that was kept elsewhere: that of the last entry. */
  readonly kept: AuditChain.Head
  readonly at: number
}

/** Chains of entries, and the place of one of them. */
const cases: fc.Arbitrary<Case> = fc
  .tuple(fc.array(contents, { minLength: 1, maxLength: 8 }), fc.nat())
  .map(([of, place]) => {
    const sha256 = perfect()
    const chain = chained(of, sha256)
    return { sha256, chain, kept: chain.at(-1) ?? AuditChain.empty, at: place % of.length }
  })

/** What following a chain from its beginning to its end finds. */
const faultsOf = (
  { sha256, kept }: Pick<Case, "sha256" | "kept">,
  chain: ReadonlyArray<AuditChain.Linked>,
  isKept = true
): ReadonlyArray<AuditChain.Fault> => {
  const head = isKept ? kept : undefined
  const followed = AuditChain.follow(AuditChain.empty, chain, sha256, head)
  return [...followed.faults, ...AuditChain.ended(followed.head, head)]
}

const entryAt = ({ chain, at }: Case): AuditChain.Linked => {
  const entry = chain[at]
  assert.ok(entry !== undefined)
  return entry
}

describe("the bytes of an entry", () => {
  test("are as documented, forever", () => {
    const content: AuditChain.Content = {
      id: "0a",
      at: -5,
      tenant: "t",
      actor: "é",
      user: undefined,
      customer: "",
      roles: ["x", "yz"],
      client: undefined,
      session: undefined,
      operation: "o",
      objects: [],
      outcome: "d",
      code: undefined,
      requestId: "r",
      sealed: Uint8Array.of(0xff, 0)
    }
    const ascii = (plain: string) => toHex(new TextEncoder().encode(plain))
    assert.equal(
      toHex(AuditChain.bytesOf(content)),
      [
        ascii("gophers-bank audit entry 1"),
        `0100000002${ascii("0a")}`,
        `0100000002${ascii("-5")}`,
        `0100000001${ascii("t")}`,
        "0100000002c3a9",
        "00",
        "0100000000",
        `0200000002${"00000001"}${ascii("x")}${"00000002"}${ascii("yz")}`,
        "0000",
        `0100000001${ascii("o")}`,
        "0200000000",
        `0100000001${ascii("d")}`,
        "00",
        `0100000001${ascii("r")}`,
        "0100000002ff00"
      ].join("")
    )
  })

  test("are the same for the same entry only", () => {
    fc.assert(
      fc.property(contents, contents, fields, fields, (one, other, field, second) => {
        const near = withFieldOf(withFieldOf(one, other, field), other, second)
        for (const [left, right] of [
          [one, other],
          [one, near]
        ] as const) {
          const isEqual = toHex(AuditChain.bytesOf(left)) === toHex(AuditChain.bytesOf(right))
          assert.equal(isEqual, isSame(left, right))
        }
      })
    )
  })

  test("what is hashed for a link is its label, the hash before, the number and the digest", () => {
    const inputs: Array<string> = []
    const hash = new Uint8Array(32).fill(9)
    const head = AuditChain.extended({ sequence: 2 ** 40, hash }, new Uint8Array(32).fill(7), (bytes) => {
      inputs.push(toHex(bytes))
      return hash
    })
    assert.equal(head.sequence, 2 ** 40 + 1)
    assert.deepEqual(inputs, [
      [toHex(AuditChain.chainLabel), "09".repeat(32), "0000010000000001", "07".repeat(32)].join("")
    ])
    assert.equal(new TextDecoder().decode(AuditChain.chainLabel), "gophers-bank audit chain 1")
  })
})

describe("a chain of entries", () => {
  test("has no fault as it was made, whole or followed in parts", () => {
    fc.assert(
      fc.property(cases, (made) => {
        const { sha256, chain, kept, at } = made
        assert.deepEqual(faultsOf(made, chain), [])
        const first = AuditChain.follow(AuditChain.empty, chain.slice(0, at), sha256, kept)
        const second = AuditChain.follow(first.head, chain.slice(at), sha256, kept)
        assert.deepEqual([...first.faults, ...second.faults, ...AuditChain.ended(second.head, kept)], [])
      })
    )
  })

  test("shows an edit of any field of any entry, at that entry", () => {
    fc.assert(
      fc.property(cases, contents, fields, (made, other, field) => {
        const entry = entryAt(made)
        const content = withFieldOf(entry.content, other, field)
        fc.pre(!isSame(content, entry.content))
        const edited = made.chain.with(made.at, { ...entry, content })
        assert.deepEqual(faultsOf(made, edited, false), [{ sequence: entry.sequence, reason: "altered" }])
      })
    )
  })

  test("shows an edit whose own hash was mended at the next entry, and at the last by a head that was kept", () => {
    fc.assert(
      fc.property(cases, contents, (made, content) => {
        const { chain, sha256, at } = made
        const entry = entryAt(made)
        fc.pre(!isSame(content, entry.content))
        const [mended] = chained([content], sha256, chain[at - 1] ?? AuditChain.empty)
        assert.ok(mended !== undefined)
        const isLast = at === chain.length - 1
        assert.deepEqual(faultsOf(made, chain.with(at, mended)), [
          isLast
            ? { sequence: entry.sequence, reason: "not_the_kept" }
            : { sequence: entry.sequence + 1, reason: "altered" }
        ])
      })
    )
  })

  test("that was made anew from an edit on is found by any head that was kept from there on, and by no other", () => {
    fc.assert(
      fc.property(cases, contents, (made, content) => {
        const { chain, sha256, at } = made
        const entry = entryAt(made)
        fc.pre(!isSame(content, entry.content))
        const behind = chain.slice(at + 1).map((each) => each.content)
        const anew = chained([content, ...behind], sha256, chain[at - 1] ?? AuditChain.empty)
        const forged = [...chain.slice(0, at), ...anew]
        assert.deepEqual(faultsOf(made, forged, false), [])
        for (const kept of chain) {
          const faults = faultsOf({ sha256, kept }, forged)
          const expected = kept.sequence < entry.sequence ? [] : [{ sequence: kept.sequence, reason: "not_the_kept" }]
          assert.deepEqual(faults, expected)
        }
      })
    )
  })

  test("shows that two entries were swapped", () => {
    fc.assert(
      fc.property(cases, fc.nat(), (made, place) => {
        const { chain, at } = made
        const other = place % chain.length
        const [left, right] = [entryAt(made), entryAt({ ...made, at: other })]
        fc.pre(!isSame(left.content, right.content))
        const swapped = chain
          .with(at, { ...left, content: right.content })
          .with(other, { ...right, content: left.content })
        assert.deepEqual(
          faultsOf(made, swapped, false).map(({ sequence }) => sequence),
          [left.sequence, right.sequence].sort((a, b) => a - b)
        )
        const moved = chain
          .with(at, { ...right, sequence: left.sequence })
          .with(other, { ...left, sequence: right.sequence })
        assert.notDeepEqual(faultsOf(made, moved, false), [])
      })
    )
  })

  test("shows that an entry was taken out, and that one was put in", () => {
    fc.assert(
      fc.property(cases, (made) => {
        const { chain, at } = made
        const { sequence } = entryAt(made)
        if (at < chain.length - 1)
          assert.deepEqual(faultsOf(made, chain.toSpliced(at, 1), false), [
            { sequence: sequence + 1, reason: "out_of_place" }
          ])
        // Numbered anew, the gap is closed, and the hashes show it.
        const closed = chain.toSpliced(at, 1).map((entry, index) => ({ ...entry, sequence: index + 1 }))
        assert.notDeepEqual(faultsOf(made, closed), [])
        assert.notDeepEqual(faultsOf(made, chain.toSpliced(at, 0, entryAt(made))), [])
      })
    )
  })

  test("whose end was cut off is found by a head that was kept, and only by one", () => {
    fc.assert(
      fc.property(cases, (made) => {
        const cut = made.chain.slice(0, made.at)
        assert.deepEqual(faultsOf(made, cut, false), [])
        assert.deepEqual(faultsOf(made, cut), [{ sequence: made.chain.length, reason: "gone" }])
      })
    )
  })

  test("of nothing has the head that is kept of it", () => {
    assert.deepEqual(AuditChain.ended(AuditChain.empty, AuditChain.empty), [])
    assert.deepEqual(AuditChain.ended(AuditChain.empty, { sequence: 0, hash: new Uint8Array(32).fill(1) }), [
      { sequence: 0, reason: "not_the_kept" }
    ])
  })
})
