import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, test } from "node:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { proofsSeen, targetOf } from "./Proof.ts"
import {
  encode,
  isAccepted,
  type Jwk,
  newJwk,
  publicOf,
  sessionId,
  show,
  signJson,
  signText,
  startMillis,
  startSeconds,
  states,
  thumbprintOf,
  tokenOf,
  url
} from "./tokens.fixture.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url")

/** A client's key, a token that is bound to it, and proofs of the key for that token. */
const bound = Effect.fnUntraced(function* (alg: "ES256" | "EdDSA" = "ES256") {
  const jwk = yield* Effect.promise(() => newJwk(alg))
  const jkt = yield* Effect.promise(() => thumbprintOf(jwk))
  const token = yield* tokenOf({ cnf: { jkt } })
  const claims = { jti: "proof", htm: "GET", htu: url, iat: startSeconds, ath: sha256(token) }
  const header = { typ: "dpop+jwt", alg, jwk: publicOf(jwk) }
  const proof = (changed: object = {}, changedHeader: object = {}, signedBy: Jwk = jwk): string =>
    signJson({ ...header, ...changedHeader }, { ...claims, ...changed }, signedBy)
  return { jwk, jkt, token, claims, header, proof }
})

/** Shows a token with a proof. */
const proves = (token: string, proof: string, how: { readonly method?: string; readonly url?: string } = {}) =>
  isAccepted(token, { scheme: "DPoP", proof, ...how })

const refusesProofs = Effect.fnUntraced(function* (token: string, proofs: ReadonlyArray<string>) {
  const accepted = yield* Effect.forEach(proofs, (proof) => proves(token, proof))
  assert.deepEqual(
    accepted,
    proofs.map(() => false)
  )
})

describe("a token that is bound to a key", () => {
  for (const alg of ["ES256", "EdDSA"] as const)
    states(`is accepted with a proof of that key (${alg}), each proof once`, () =>
      Effect.gen(function* () {
        const { token, proof } = yield* bound(alg)
        for (const jti of ["1", "2", "3"]) assert.ok(yield* proves(token, proof({ jti })))
        yield* refusesProofs(token, [
          proof({ jti: "1" }),
          proof({ jti: "2" }),
          proof({ jti: "3", iat: startSeconds - 1 })
        ])
      })
    )

  states("says who calls as any other does", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const caller = yield* show(token, { scheme: "DPoP", proof: proof() })
      assert.equal(caller.session, sessionId(3))
    })
  )

  states("is refused by itself, and an unbound one with a proof", () =>
    Effect.gen(function* () {
      const { token, proof, claims } = yield* bound()
      const plain = yield* tokenOf()
      assert.ok(!(yield* isAccepted(token)))
      assert.ok(!(yield* isAccepted(token, { proof: proof({ jti: "a" }) })))
      assert.ok(!(yield* isAccepted(token, { scheme: "DPoP" })))
      assert.ok(yield* proves(token, proof({ jti: "b" })))
      // Remembered by now.
      assert.ok(!(yield* isAccepted(token)))
      assert.ok(!(yield* isAccepted(token, { proof: proof({ jti: "c" }) })))
      assert.ok(!(yield* isAccepted(token, { scheme: "DPoP" })))
      assert.ok(!(yield* proves(plain, proof({ ...claims, jti: "d", ath: sha256(plain) }))))
      assert.ok(!(yield* isAccepted(plain, { scheme: "DPoP" })))
    })
  )

  states("is refused where it is bound in a way that is not understood", () =>
    Effect.gen(function* () {
      const { jkt, claims, header, jwk } = yield* bound()
      const bindings = [
        {},
        { "x5t#S256": jkt },
        { jkt, "x5t#S256": jkt },
        { jkt: "" },
        { jkt: [jkt] },
        { jkt: `${jkt}=` },
        null,
        jkt,
        []
      ]
      for (const cnf of bindings) {
        const token = yield* tokenOf({ cnf })
        const proof = signJson(header, { ...claims, ath: sha256(token) }, jwk)
        assert.ok(!(yield* isAccepted(token)), JSON.stringify(cnf))
        assert.ok(!(yield* proves(token, proof)), JSON.stringify(cnf))
      }
    })
  )

  states("is refused with a proof of another key", () =>
    Effect.gen(function* () {
      const { jwk, token, proof } = yield* bound()
      const other = yield* Effect.promise(() => newJwk("ES256"))
      const ed = yield* Effect.promise(() => newJwk("EdDSA"))
      yield* refusesProofs(token, [
        proof({}, { jwk: publicOf(other) }, other),
        proof({}, { jwk: publicOf(other) }),
        proof({}, {}, other),
        proof({}, { jwk: publicOf(ed), alg: "EdDSA" }, ed),
        proof({}, { alg: "EdDSA" }, ed),
        proof({}, { alg: "EdDSA" }),
        proof({}, { alg: "HS256" }),
        proof({}, { alg: "none" }),
        proof({}, { alg: undefined }),
        // Its private key, for all to see.
        proof({}, { jwk: { ...publicOf(jwk), d: jwk.d } }),
        proof({}, { jwk: undefined }),
        proof({}, { jwk: undefined, kid: "proof" }),
        proof({}, { jwk: { kty: "oct", k: "AAAA" } }),
        proof({}, { jwk: { ...publicOf(jwk), y: publicOf(other).y } }),
        proof({}, { jwk: [publicOf(jwk)] }),
        proof({}, { jwk: JSON.stringify(publicOf(jwk)) })
      ])
      assert.ok(yield* proves(token, proof()))
    })
  )

  states("is refused with what is no proof", () =>
    Effect.gen(function* () {
      const { jwk, token, proof, header, claims } = yield* bound()
      const right = proof()
      const [first, second, third] = right.split(".")
      yield* refusesProofs(token, [
        "",
        token,
        `${right}, ${right}`,
        `${right},${proof({ jti: "2" })}`,
        `${right}.`,
        `${first}.${second}`,
        `${first}.${second}.`,
        `${first}.${third}.${second}`,
        "x".repeat(5_000_000),
        proof({ note: "x".repeat(3000) }),
        ...["JWT", "at+jwt", "DPOP+JWT", undefined, null].map((typ) => proof({}, { typ })),
        proof({}, { crit: ["b64"], b64: true }),
        proof({}, { crit: ["htu"], htu: url }),
        signText(JSON.stringify(header), `${JSON.stringify(claims).slice(0, -1)},"jti":"another"}`, jwk),
        signText(JSON.stringify(header), "[]", jwk),
        ...[undefined, "", null, 1, ["a"], "x".repeat(257)].map((jti) => proof({ jti }))
      ])
      assert.ok(yield* proves(token, right))
    })
  )

  states("is refused with a proof for another method, address or token", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const another = yield* bound()
      yield* refusesProofs(token, [
        ...["POST", "get", "GET ", "", undefined, ["GET"]].map((htm) => proof({ htm })),
        ...[
          "https://bank.example/v1/accounts/",
          "https://bank.example/v1/Accounts",
          "https://bank.example/v1",
          "http://bank.example/v1/accounts",
          "https://bank.example:8443/v1/accounts",
          "https://evil.example/v1/accounts",
          "https://bank.example.evil.example/v1/accounts",
          "https://bank.example@evil.example/v1/accounts",
          "https://user@bank.example/v1/accounts",
          "https://bank.example/v1/accounts%2f",
          "//bank.example/v1/accounts",
          "/v1/accounts",
          "bank.example/v1/accounts",
          "",
          undefined,
          [url]
        ].map((htu) => proof({ htu })),
        ...[sha256(another.token), sha256(`${token} `), token, "", undefined, [sha256(token)]].map((ath) =>
          proof({ ath })
        )
      ])
      assert.ok(!(yield* proves(another.token, proof())))
      assert.ok(!(yield* proves(token, proof(), { method: "POST" })))
      assert.ok(!(yield* proves(token, proof(), { url: "https://bank.example/v1/transfers" })))
      assert.ok(yield* proves(token, proof()))
    })
  )

  states("is accepted with an address that says the same in another way", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const same = [
        "HTTPS://BANK.example/v1/accounts",
        "https://bank.example:443/v1/accounts",
        "https://bank.example/v1/accounts?limit=1",
        "https://bank.example/v1/accounts#top",
        "https://bank.example/v2/../v1/./accounts"
      ]
      for (const htu of same) assert.ok(yield* proves(token, proof({ htu, jti: htu })), htu)
    })
  )

  states("is refused with a proof that is older than 60 seconds or from the future, give or take five", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const ages: ReadonlyArray<readonly [unknown, boolean]> = [
        [startSeconds - 65, true],
        [startSeconds - 66, false],
        [startSeconds + 5, true],
        [startSeconds + 6, false],
        [startSeconds - 0.5, true],
        [0, false],
        [`${startSeconds}`, false],
        [null, false],
        [undefined, false]
      ]
      for (const [iat, expected] of ages)
        assert.equal(yield* proves(token, proof({ iat, jti: `at ${iat}` })), expected, `${iat}`)
    })
  )

  states("is refused with a proof that was taken before for as long as the proof could be taken", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const early = proof({ iat: startSeconds + 5 })
      assert.ok(yield* proves(token, early))
      for (const at of [0, 1, 59, 64, 65, 69, 70, 71, 75]) {
        yield* TestClock.setTime(startMillis + at * 1000)
        assert.ok(!(yield* proves(token, early)), `after ${at} s`)
      }
      // A new one of the same name is taken once the old one could not be.
      assert.ok(yield* proves(token, proof({ iat: startSeconds + 75 })))
    })
  )

  states("has proofs of its own: another key may use the same name", () =>
    Effect.gen(function* () {
      const one = yield* bound()
      const other = yield* bound()
      assert.ok(yield* proves(one.token, one.proof()))
      assert.ok(yield* proves(other.token, other.proof()))
    })
  )

  states("is accepted once of many times at once with one proof", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const shown = Array.from({ length: 32 }, () => proves(token, proof()))
      const accepted = yield* Effect.all(shown, { concurrency: "unbounded" })
      assert.equal(accepted.filter((each) => each).length, 1)
    })
  )

  states("is refused with a proof that was altered anywhere by a single bit", () =>
    Effect.gen(function* () {
      const { token, proof } = yield* bound()
      const right = proof()
      const bytes = Buffer.from(right, "latin1")
      let accepted = 0
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const altered = Buffer.from(bytes)
        altered[bit >>> 3] = (altered[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
        if (yield* proves(token, altered.toString("latin1"))) accepted++
      }
      assert.equal(accepted, 0)
      assert.ok(yield* proves(token, right))
    })
  )
})

describe("a bank behind a proxy", () => {
  states(
    "takes proofs for the address that clients know it by, and for no other",
    () =>
      Effect.gen(function* () {
        const { token, proof } = yield* bound()
        const inside = { url: "http://10.0.0.7:8080/v1/accounts" }
        assert.ok(yield* proves(token, proof(), inside))
        assert.ok(!(yield* proves(token, proof({ jti: "2", htu: inside.url }), inside)))
        assert.ok(!(yield* proves(token, proof({ jti: "3" }), { url: "http://10.0.0.7:8080/v1/transfers" })))
      }),
    { publicUrl: "https://bank.example/" }
  )
})

test("an address is compared without query and fragment, in its normal form", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["https://Bank.Example:443", "https://bank.example/"],
    ["http://bank.example:80/a?b#c", "http://bank.example/a"],
    ["https://bank.example/%7euser%2Fa", "https://bank.example/%7Euser%2Fa"],
    ["https://bank.example/a/%2e%2e/b", "https://bank.example/b"],
    ["https://[::1]:3000/a", "https://[::1]:3000/a"],
    ["ftp://bank.example/", undefined],
    ["javascript:alert(1)", undefined],
    ["https://a:b@bank.example/", undefined],
    ["https://", undefined],
    [encode("https://bank.example/"), undefined]
  ]
  for (const [address, expected] of cases) assert.equal(targetOf(address), expected, address)
})

test("where more proofs come than can be remembered, none is taken until one is too old", () => {
  const { take } = proofsSeen(2)
  assert.deepEqual(
    [take("k", "1", 0), take("k", "2", 1000), take("k", "3", 2000), take("k", "1", 2000)],
    [true, true, false, false]
  )
  assert.deepEqual([take("k", "3", 70_999), take("k", "3", 71_000), take("k", "4", 71_000)], [false, true, false])
})
