import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, test } from "node:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { hasUniqueMembers } from "./Compact.ts"
import {
  accepts,
  customerId,
  headerFor,
  refuses,
  serviceClaims,
  sessionId,
  show,
  signer,
  signJson,
  signText,
  startMillis,
  startSeconds,
  states,
  tenant,
  tokenOf,
  userClaims,
  userId
} from "./tokens.fixture.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url")

const claiming = (claims: ReadonlyArray<object>) => Effect.forEach(claims, (each) => tokenOf(each))

const without = (...names: ReadonlyArray<string>) =>
  Object.fromEntries(Object.entries(userClaims).filter(([name]) => !names.includes(name)))

describe("what a token says", () => {
  states("a user's token says who is calling, for which app, with which of the bank's scopes", () =>
    Effect.gen(function* () {
      const caller = {
        id: `${userId}:gophers-web`,
        tenant,
        user: userId,
        customer: customerId,
        roles: ["customer"],
        scopes: ["accounts:read", "payments:write"],
        branch: "main",
        kyc: "basic",
        assurance: "mfa",
        authenticatedAt: startMillis - 60_000,
        client: "gophers-web",
        session: sessionId(3),
        until: startMillis + 605_000
      }
      const token = yield* tokenOf()
      assert.deepEqual(yield* show(token), caller)
      assert.deepEqual(yield* show(token), caller, "remembered")
    })
  )

  states("a program's token says which program is calling, without a person's proofs", () =>
    Effect.gen(function* () {
      const key = yield* signer
      assert.deepEqual(yield* show(signJson(headerFor(key), serviceClaims, key.jwk)), {
        id: "payroll",
        tenant,
        roles: ["service"],
        scopes: ["payments:write"],
        kyc: "none",
        assurance: "single",
        authenticatedAt: startMillis,
        client: "payroll",
        until: startMillis + 605_000
      })
    })
  )

  states("the ids of callers differ by user and app, and are 1 to 64 visible ASCII characters", () =>
    Effect.gen(function* () {
      const clients = ["a", "x".repeat(33), "x".repeat(34), `${"x".repeat(34)}y`, "mit leer", "café", "x".repeat(255)]
      const users = yield* claiming(clients.map((client_id) => ({ client_id })))
      const key = yield* signer
      const programs = [...clients, "anonymous", "~x", `~${sha256("x".repeat(255))}`].map((sub) =>
        signJson(headerFor(key), { ...serviceClaims, sub, client_id: sub }, key.jwk)
      )
      const ids = (yield* Effect.forEach([...users, ...programs], (token) => show(token))).map(({ id }) => id)
      assert.equal(new Set(ids).size, users.length + programs.length)
      for (const id of ids) assert.match(id, /^(?!anonymous$)[\x21-\x7e]{1,64}$/u)
      assert.equal(ids[1], `${userId}:${"x".repeat(33)}`)
    })
  )

  states("only scopes of the bank count, each once, parted by spaces and by nothing else", () =>
    Effect.gen(function* () {
      const scopes = [
        ["bank:admin", ["bank:admin"]],
        ["accounts:read accounts:read openid", ["accounts:read"]],
        ["accounts:read\u00a0bank:admin", []],
        ["accounts:read\tbank:admin", []],
        ["accounts:read\nbank:admin", []],
        ["accounts:read\u0000 bank:admin\u200b", []],
        ["bank：admin bаnk:admin ＢＡＮＫ:admin BANK:ADMIN bank:admin\u0301", []],
        ["constructor __proto__ toString", []],
        ["", []]
      ] as const
      for (const [scope, expected] of scopes)
        assert.deepEqual((yield* show(yield* tokenOf({ scope }))).scopes, expected, JSON.stringify(scope))
      assert.deepEqual((yield* show(yield* tokenOf({ scope: undefined }))).scopes, [])
      yield* refuses(yield* claiming([{ scope: ["bank:admin"] }, { scope: 1 }, { scope: null }]))
    })
  )
})

describe("a token is refused", () => {
  states("of another issuer, or for anyone but the bank alone", () =>
    Effect.gen(function* () {
      const issuers = [`${userClaims.iss}/`, "https://BANK.example", "https://evil.example", "", null, [userClaims.iss]]
      const audiences = [
        "bank2",
        "BANK",
        "bank ",
        "",
        null,
        [],
        ["shop"],
        ["bank", "shop"],
        ["shop", "bank"],
        ["bank", "bank"],
        [["bank"]],
        { bank: 1 }
      ]
      yield* refuses(yield* claiming([...issuers.map((iss) => ({ iss })), ...audiences.map((aud) => ({ aud }))]))
      yield* accepts(yield* claiming([{ aud: "bank" }, { aud: ["bank"] }]))
    })
  )

  states("before and after its time, give or take five seconds", () =>
    Effect.gen(function* () {
      yield* accepts(
        yield* claiming([
          { iat: startSeconds - 600, exp: startSeconds, auth_time: 0 },
          { iat: startSeconds - 604, exp: startSeconds - 4, auth_time: 0 },
          { nbf: startSeconds + 5 },
          { iat: startSeconds + 5, exp: startSeconds + 605 },
          { auth_time: startSeconds + 5 },
          { exp: startSeconds + 1 }
        ])
      )
      yield* refuses(
        yield* claiming([
          { iat: startSeconds - 605, exp: startSeconds - 5, auth_time: 0 },
          { iat: startSeconds - 3600, exp: startSeconds - 3000, auth_time: 0 },
          { nbf: startSeconds + 6 },
          { iat: startSeconds + 6, exp: startSeconds + 60 },
          { auth_time: startSeconds + 6 },
          { iat: startSeconds + 5, exp: startSeconds + 5 },
          { exp: startSeconds - 1 }
        ])
      )
    })
  )

  states("that lives longer than ten minutes, or in times that are none", () =>
    Effect.gen(function* () {
      yield* refuses(
        yield* claiming([
          { exp: startSeconds + 601 },
          { iat: startSeconds - 1 },
          { iat: 0 },
          { exp: 9e15 },
          { exp: `${startSeconds + 60}` },
          { exp: startSeconds + 60.5 },
          { iat: startSeconds - 0.5 },
          { iat: -1, exp: 599 },
          { exp: null },
          { exp: true },
          { nbf: null },
          { nbf: "0" },
          { auth_time: -1 },
          { auth_time: `${startSeconds}` }
        ])
      )
      const key = yield* signer
      const texts = ["1e999", "-0", "1E1"].map((exp) =>
        signText(
          JSON.stringify(headerFor(key)),
          JSON.stringify(userClaims).replace(/"exp":\d+/u, `"exp":${exp}`),
          key.jwk
        )
      )
      yield* refuses(texts)
    })
  )

  states("that lacks a claim, or claims what cannot be", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const needed = [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "tenant",
        "roles",
        "kyc",
        "acr",
        "auth_time",
        "sid"
      ]
      yield* refuses(needed.map((name) => signJson(headerFor(key), without(name), key.jwk)))
      yield* accepts(["customer", "branch", "scope"].map((name) => signJson(headerFor(key), without(name), key.jwk)))
      yield* refuses(
        yield* claiming([
          { sub: "usr_1" },
          { sub: customerId },
          { sub: "payroll" },
          { customer: userId },
          { customer: null },
          { roles: ["service"] },
          { roles: ["customer", "service"] },
          { roles: ["root"] },
          { roles: "customer" },
          { roles: { 0: "operator", length: 1 } },
          { kyc: "gold" },
          { acr: "0" },
          { sid: userId },
          { sid: "" },
          { tenant: "Gophers" },
          { branch: "a b" },
          { client_id: "" },
          { client_id: "x".repeat(256) },
          { jti: "" },
          { jti: 7 }
        ])
      )
    })
  )

  states("of a program that claims to be a person, or of a person that claims to be a program", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const claims = [
        { sub: userId, client_id: userId },
        { sub: userId },
        { sub: "payroll", client_id: "another" },
        { customer: customerId },
        { sid: sessionId(3) },
        { roles: ["service", "operator"] },
        { roles: ["operator"] },
        { roles: [] },
        { sub: `${userId}:gophers-web`, client_id: `${userId}:gophers-web` }
      ]
      yield* refuses(claims.map((each) => signJson(headerFor(key), { ...serviceClaims, ...each }, key.jwk)))
    })
  )

  states("that names a member twice, however it is written", () =>
    Effect.gen(function* () {
      const key = yield* signer
      const header = JSON.stringify(headerFor(key))
      const payload = JSON.stringify(userClaims)
      const open = payload.slice(0, -1)
      yield* refuses([
        signText(header, `${open},"roles":["operator"]}`, key.jwk),
        signText(header, `${open},"r\\u006fles":["operator"]}`, key.jwk),
        signText(header, `${open},"sub":"${userId}"}`, key.jwk),
        signText(header, `${open},"cnf":{"jkt":"a","jkt":"b"}}`, key.jwk),
        signText(header, `${open},"act":[{"a":1,"a":1}]}`, key.jwk),
        signText(`${header.slice(0, -1)},"alg":"ES256"}`, payload, key.jwk),
        signText(`{"alg":"none",${header.slice(1)}`, payload, key.jwk)
      ])
      yield* accepts([signText(header, `${open},"act":[{"a":1},{"a":"\\"a\\":"}],"a":{"act":{}}}`, key.jwk)])
    })
  )
})

describe("a remembered token", () => {
  states("ends when it expires", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf({ exp: startSeconds + 60 })
      yield* accepts([token])
      yield* TestClock.adjust("64999 millis")
      yield* accepts([token])
      yield* TestClock.adjust("1 millis")
      yield* refuses([token])
    })
  )
})

test("names of members are compared as they are read, in each object by itself", () => {
  const unique = [
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"b","b":"a"}',
    '{"a":"\\"a\\":1"}',
    '["a","a"]',
    '{"":1," ":2}',
    "1"
  ]
  const repeated = [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"b":{"a":1,"c":[],"a":2}}',
    '{"":1,"":2}',
    '[{"\\"":1,"\\u0022":2}]'
  ]
  assert.deepEqual(unique.filter(hasUniqueMembers), unique)
  assert.deepEqual(repeated.filter(hasUniqueMembers), [])
})
