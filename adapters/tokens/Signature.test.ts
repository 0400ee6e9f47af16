import assert from "node:assert/strict"
import { createHmac, createPublicKey } from "node:crypto"
import { describe } from "node:test"
import { Effect } from "effect"
import { generateKeyPair } from "jose"
import { KeyRing } from "../../application/ports/Tokens.ts"
import {
  accepts,
  encode,
  headerFor,
  isAccepted,
  newJwk,
  publicOf,
  refuses,
  signer,
  signJson,
  signText,
  startSeconds,
  states,
  thumbprintOf,
  tokenOf,
  userClaims
} from "./tokens.fixture.ts"

describe("a token is refused", () => {
  states("that is not signed, or by a secret that everybody knows", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const { kid } = key
      const body = encode(JSON.stringify(userClaims))
      const publicKey = createPublicKey({ key: { ...publicOf(key.jwk) }, format: "jwk" })
      const secrets = [
        publicKey.export({ type: "spki", format: "pem" }).toString(),
        publicKey.export({ type: "spki", format: "der" }).toString("latin1"),
        JSON.stringify(publicOf(key.jwk)),
        kid,
        ""
      ]
      const unsigned = ["none", "None", "NONE", "", undefined, null, ["ES256"]].flatMap((alg) => {
        const header = encode(JSON.stringify({ alg, typ: "at+jwt", kid }))
        return [`${header}.${body}.`, `${header}.${body}`, `${header}.${body}.AA`]
      })
      const hmac = secrets.flatMap((secret) =>
        ["HS256", "ES256"].map((alg) => {
          const input = `${encode(JSON.stringify({ alg, typ: "at+jwt", kid }))}.${body}`
          return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
        })
      )
      yield* refuses([...unsigned, ...hmac])
    })
  )

  states("that is signed by another algorithm than its key's", () =>
    Effect.gen(function* () {
      const { kid, jwk } = yield* signer
      const { privateKey } = yield* Effect.promise(() => generateKeyPair("RS256", { extractable: true }))
      const rsa = { ...(yield* Effect.promise(() => crypto.subtle.exportKey("jwk", privateKey))) }
      const ed = yield* Effect.promise(() => newJwk("EdDSA"))
      const p384 = yield* Effect.promise(() => newJwk("ES384"))
      const header = { typ: "at+jwt", kid }
      yield* refuses([
        signJson({ ...header, alg: "RS256" }, userClaims, rsa),
        signJson({ ...header, alg: "PS256" }, userClaims, rsa),
        signJson({ ...header, alg: "EdDSA" }, userClaims, ed),
        signJson({ ...header, alg: "Ed25519" }, userClaims, ed),
        signJson({ ...header, alg: "ES384" }, userClaims, p384),
        // Rightly signed, and wrongly named.
        ...["EdDSA", "ES384", "ES256K", "es256", "ES256 "].map((alg) => signJson({ ...header, alg }, userClaims, jwk))
      ])
    })
  )

  states("that no published key has signed, whatever key it names or brings", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const foreign = yield* Effect.promise(() => newJwk("ES256"))
      const foreignKid = yield* Effect.promise(() => thumbprintOf(foreign))
      const next = yield* (yield* KeyRing).rotate(60)
      const header = { alg: "ES256", typ: "at+jwt" }
      yield* refuses([
        signJson({ ...header, kid: foreignKid }, userClaims, foreign),
        signJson({ ...header, kid: key.kid }, userClaims, foreign),
        signJson({ ...header, kid: next.kid }, userClaims, key.jwk),
        signJson({ ...header, kid: key.kid }, userClaims, next.jwk),
        signJson(header, userClaims, key.jwk),
        ...["", "__proto__", `${key.kid} `, 1, null, { [key.kid]: 1 }, "k".repeat(200)].map((kid) =>
          signJson({ ...header, kid }, userClaims, key.jwk)
        ),
        ...[
          { jwk: publicOf(foreign) },
          { jku: "https://evil.example/jwks" },
          { x5u: "https://evil.example/x5u" }
        ].flatMap((brought) => [
          signJson({ ...header, ...brought, kid: key.kid }, userClaims, foreign),
          signJson({ ...header, ...brought, kid: foreignKid }, userClaims, foreign),
          signJson({ ...header, ...brought }, userClaims, foreign)
        ])
      ])
      // Nor does it harm a token that is right.
      yield* accepts([yield* tokenOf({}, { jwk: publicOf(foreign), jku: "https://evil.example/jwks", x5c: ["AA=="] })])
    })
  )

  states("that is no access token: its type says so", () =>
    Effect.gen(function* () {
      const types = [
        "JWT",
        "jwt",
        "AT+JWT",
        "at+jwt ",
        "application/at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "",
        null,
        ["at+jwt"]
      ]
      yield* refuses([
        ...(yield* Effect.forEach([undefined, ...types], (typ) => tokenOf({}, { typ }))),
        yield* Effect.map(signer, ({ kid, jwk }) => signJson({ alg: "ES256", kid }, userClaims, jwk))
      ])
    })
  )

  states("whose header asks for more than is understood", () =>
    Effect.gen(function* () {
      const headers = [
        { crit: ["b64"], b64: false },
        { crit: ["b64"], b64: true },
        { crit: ["exp"], exp: startSeconds + 600 },
        { crit: [] },
        { crit: null },
        { b64: false },
        { b64: true }
      ]
      yield* refuses(yield* Effect.forEach(headers, (header) => tokenOf({}, header)))
    })
  )

  states("whose text is not exactly three parts of base64url", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const [header = "", payload = "", signature = ""] = token.split(".")
      const last = signature.slice(-1)
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      // The last four bits of the last character are in no byte: 15 other characters say the same.
      const spellings = [...alphabet]
        .filter((each) => each !== last)
        .map((each) => `${header}.${payload}.${signature.slice(0, -1)}${each}`)
      yield* refuses([
        ...spellings,
        "",
        ".",
        "..",
        `${token}.`,
        `.${token}`,
        `${token}.${signature}`,
        `${header}..${payload}.${signature}`,
        `${header}.${payload}.${signature}.${header}.${payload}`,
        `${header}.${payload}`,
        `${header}.${payload}.`,
        `${header}..${signature}`,
        `.${payload}.${signature}`,
        `${token}=`,
        `${token}==`,
        `${token} `,
        ` ${token}`,
        `${token}\n`,
        `${header}.${payload.slice(0, 8)}\n${payload.slice(8)}.${signature}`,
        `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}=`,
        `${header}.${payload}.${signature.slice(0, -4)}`,
        `${header}.${payload}.${signature}AAAA`,
        `${header}.${payload}.${signature}${signature}`,
        `\ufeff${token}`,
        `${token}\u0000`
      ])
      yield* accepts([token])
    })
  )

  states("whose parts are no JSON objects in UTF-8", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const header = JSON.stringify(headerFor(key))
      const payloads = [
        "",
        " ",
        "null",
        "1",
        '"x"',
        "[]",
        "{",
        "{}",
        `${JSON.stringify(userClaims)}x`,
        `\ufeff${JSON.stringify(userClaims)}`
      ]
      const bytes = Buffer.from(JSON.stringify({ ...userClaims, note: "?" }))
      bytes[bytes.lastIndexOf("?")] = 0xff
      yield* refuses([
        ...payloads.map((payload) => signText(header, payload, key.jwk)),
        ...["null", "[]", "{}", '"x"', "{"].map((text) => signText(text, JSON.stringify(userClaims), key.jwk)),
        signText(header, bytes, key.jwk)
      ])
    })
  )

  states("that is longer than 4096 characters, even if it is right", () =>
    Effect.gen(function* () {
      const empty = (yield* tokenOf({ note: "" })).length
      const fits = yield* tokenOf({ note: "x".repeat(Math.floor(((4096 - empty) * 3) / 4) - 3) })
      assert.ok(fits.length > 4085 && fits.length <= 4096, `${fits.length}`)
      yield* accepts([fits])
      yield* refuses([yield* tokenOf({ note: "x".repeat(2700) }), "x".repeat(10_000_000)])
    })
  )

  states("that was altered anywhere by a single bit, though the right one is remembered", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* accepts([token])
      const bytes = Buffer.from(token, "latin1")
      let accepted = 0
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const altered = Buffer.from(bytes)
        altered[bit >>> 3] = (altered[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
        if (yield* isAccepted(altered.toString("latin1"))) accepted++
      }
      assert.equal(accepted, 0)
      yield* accepts([token])
    })
  )

  states("whose parts are of two right ones", () =>
    Effect.gen(function* () {
      const mine = (yield* tokenOf()).split(".")
      const theirs = (yield* tokenOf({ roles: ["operator"], jti: "token-9" })).split(".")
      yield* accepts([mine.join("."), theirs.join(".")])
      yield* refuses([[mine[0], theirs[1], mine[2]].join("."), [mine[0], mine[1], theirs[2]].join(".")])
    })
  )
})

describe("a bank whose keys are EdDSA's", () => {
  states(
    "takes tokens that they signed, and none by another algorithm",
    () =>
      Effect.gen(function* () {
        const key = yield* signer
        assert.equal(key.jwk.alg, "EdDSA")
        yield* accepts([yield* tokenOf()])
        const { jwk } = key
        const es = yield* Effect.promise(() => newJwk("ES256"))
        yield* refuses([
          yield* tokenOf({}, { alg: "ES256" }),
          yield* tokenOf({}, { alg: "Ed25519" }),
          signJson(headerFor(key), userClaims, es),
          signJson({ ...headerFor(key), alg: "ES256" }, userClaims, es),
          signJson(headerFor(key), userClaims, { ...jwk, ...(yield* Effect.promise(() => newJwk("EdDSA"))) })
        ])
      }),
    { algorithm: "EdDSA" }
  )
})
