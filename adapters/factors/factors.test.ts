import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { describe, test } from "node:test"
import { Effect, Exit } from "effect"
import {
  TotpCodes as CodesPort,
  Passkeys as PasskeysPort,
  type WebAuthnJson
} from "../../application/ports/SecondFactors.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, TenantId, User } from "../../domain/identity/index.ts"
import { TypedId, UserId } from "../../domain/ids/index.ts"
import { type Algorithm, authenticator, type Deviation } from "../../infra/testing/authenticator.ts"
import { Passkeys, TotpCodes } from "./index.ts"

const codes = Effect.runSync(
  Effect.provide(
    Effect.map(CodesPort, (port) => port),
    TotpCodes.layer({ issuer: "Gophers Bank" })
  )
)

describe("one-time codes", () => {
  // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
  for (const [seconds, code] of [
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"]
  ] as const)
    test(`${code} is the code of second ${seconds}`, () =>
      assert.equal(codes.stepOf(secret, code, seconds * 1000), Math.floor(seconds / 30)))

  test("a code is taken one step early and one step late, and no further", () => {
    const at = (seconds: number) => codes.stepOf(secret, "287082", seconds * 1000)
    assert.deepEqual([at(0), at(29), at(59), at(60), at(89), at(90), at(119)], [1, 1, 1, 1, 1, undefined, undefined])
  })

  test("what is no code of six digits is none", () => {
    for (const code of ["", "28708", "2870820", "abcdef", "２８７０８２"])
      assert.equal(codes.stepOf(secret, code, 59_000), undefined)
  })

  test("a new secret has 20 bytes, and an address that apps read", async () => {
    const { secret: made, uri } = await Effect.runPromise(codes.make("ada@example.com"))
    assert.match(made, /^[A-Z2-7]{32}$/u)
    const url = new URL(uri)
    assert.equal(url.protocol, "otpauth:")
    assert.equal(url.searchParams.get("secret"), made)
    assert.equal(url.searchParams.get("issuer"), "Gophers Bank")
    assert.notEqual((await Effect.runPromise(codes.make("ada@example.com"))).secret, made)
  })
})

const site = { rpId: "login.bank.example", origin: "https://login.bank.example" }
const passkeys = Effect.runSync(
  Effect.provide(
    Effect.map(PasskeysPort, (port) => port),
    Passkeys.layer({ rpId: site.rpId, rpName: "Gophers Bank", origins: [site.origin] })
  )
)

const ada: User.User = {
  id: UserId.make("usr_01h455vb4pex5vsknk084sn02q"),
  tenant: TenantId.make("bank"),
  branch: BranchId.make("main"),
  status: "active",
  email: User.Email.make("ada@example.com"),
  roles: ["customer"],
  kyc: { level: "none", status: "none" },
  createdAt: Instant.fromMillis(0),
  version: 1
}

const registered = async (deviation: Deviation = {}, algorithm: Algorithm = "ES256") => {
  const device = authenticator(site, algorithm)
  const { options, challenge } = await Effect.runPromise(passkeys.registration(ada, []))
  const answer: WebAuthnJson = device.create(challenge, deviation)
  const exit = await Effect.runPromiseExit(passkeys.register(answer, challenge))
  return { device, options, exit }
}

const passkeyOf = async (algorithm: Algorithm = "ES256", deviation: Deviation = {}) => {
  const { device, exit } = await registered(deviation, algorithm)
  assert.ok(Exit.isSuccess(exit), String(exit))
  const passkey: Credentials.Passkey = { ...exit.value, name: "Phone", createdAt: Instant.fromMillis(0) }
  return { device, passkey }
}

const isRefused = (exit: Exit.Exit<unknown, unknown>): boolean => String(exit).includes("PasskeyRefused")

describe("passkeys", () => {
  test("are asked for as discoverable, with the user's verification, and under a challenge of their own", async () => {
    const { options } = await registered()
    assert.deepEqual(options.rp, { name: "Gophers Bank", id: site.rpId })
    const text = JSON.stringify(options)
    assert.match(text, /"residentKey":"required"/u)
    assert.match(text, /"userVerification":"required"/u)
    assert.match(text, /"attestation":"none"/u)
    assert.notEqual(options.challenge, (await registered()).options.challenge)
  })

  test("that exist already are not made again on the same device", async () => {
    const { passkey } = await passkeyOf()
    const { options } = await Effect.runPromise(passkeys.registration(ada, [passkey]))
    assert.match(JSON.stringify(options.excludeCredentials), new RegExp(passkey.id, "u"))
  })

  for (const algorithm of ["ES256", "EdDSA", "RS256"] as const)
    test(`by ${algorithm} sign in, time after time, and the counter goes on`, async () => {
      const { device, passkey } = await passkeyOf(algorithm)
      let counter = passkey.counter
      for (let time = 0; time < 3; time++) {
        const { challenge } = await Effect.runPromise(passkeys.authentication([passkey]))
        const next = await Effect.runPromise(
          passkeys.authenticate(device.get(challenge), challenge, { ...passkey, counter })
        )
        assert.equal(next, counter + 1)
        counter = next
      }
    })

  test("of devices that do not count sign in as well", async () => {
    const { device, passkey } = await passkeyOf("ES256", { counter: 0 })
    for (let time = 0; time < 2; time++) {
      const { challenge } = await Effect.runPromise(passkeys.authentication([]))
      const answer = device.get(challenge, { counter: 0 })
      assert.equal(await Effect.runPromise(passkeys.authenticate(answer, challenge, passkey)), 0)
    }
  })

  test("are of the algorithms that are asked for, and name the user by the bytes of its id", async () => {
    const { options } = await registered()
    assert.deepEqual(options.pubKeyCredParams, [
      { alg: -7, type: "public-key" },
      { alg: -8, type: "public-key" },
      { alg: -257, type: "public-key" }
    ])
    assert.match(
      JSON.stringify(options.user),
      new RegExp(Buffer.from(TypedId.toBytes(ada.id)).toString("base64url"), "u")
    )
  })

  test("with an attestation by a certificate, which nobody asked for, are refused unread", async () => {
    for (const attestation of ["packed", "android-key", "apple", "tpm"]) {
      const { exit } = await registered({ attestation })
      assert.ok(Exit.isFailure(exit))
      const [reason] = exit.cause.reasons
      assert.ok(reason?._tag === "Fail")
      assert.equal(reason.error.reason, "an attestation that was not asked for")
    }
  })

  const deviations: ReadonlyArray<readonly [string, Deviation]> = [
    ["from another site's page", { origin: "https://login.bank.example.evil.example" }],
    ["for another domain", { rpId: "evil.example" }],
    ["to another challenge", { challenge: "b3RoZXI" }],
    ["of another kind", { type: "payment.get" }],
    ["without the user's verification", { isVerified: false }]
  ]
  for (const [what, deviation] of deviations) {
    test(`an answer ${what} makes no passkey`, async () => {
      assert.ok(isRefused((await registered(deviation)).exit))
    })
    test(`an answer ${what} opens nothing`, async () => {
      const { device, passkey } = await passkeyOf()
      const { challenge } = await Effect.runPromise(passkeys.authentication([passkey]))
      assert.ok(
        isRefused(
          await Effect.runPromiseExit(passkeys.authenticate(device.get(challenge, deviation), challenge, passkey))
        )
      )
    })
  }

  test("a copied authenticator, whose counter goes back, opens nothing", async () => {
    const { device, passkey } = await passkeyOf()
    const { challenge } = await Effect.runPromise(passkeys.authentication([passkey]))
    const answer = device.get(challenge, { counter: 3 })
    assert.ok(
      isRefused(await Effect.runPromiseExit(passkeys.authenticate(answer, challenge, { ...passkey, counter: 5 })))
    )
  })

  test("a signature by another key, or of something else, opens nothing", async () => {
    const { device, passkey } = await passkeyOf()
    const { challenge } = await Effect.runPromise(passkeys.authentication([passkey]))
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    for (const deviation of [{ key: privateKey }, { isAltered: true }]) {
      const forged = device.get(challenge, deviation)
      assert.ok(isRefused(await Effect.runPromiseExit(passkeys.authenticate(forged, challenge, passkey))))
    }
  })

  test("another user's passkey opens nothing", async () => {
    const [own, other] = [await passkeyOf(), await passkeyOf()]
    const { challenge } = await Effect.runPromise(passkeys.authentication([own.passkey]))
    assert.ok(
      isRefused(await Effect.runPromiseExit(passkeys.authenticate(other.device.get(challenge), challenge, own.passkey)))
    )
  })

  test("what is no answer at all is refused", async () => {
    const { passkey } = await passkeyOf()
    for (const answer of [{}, { id: passkey.id }, { id: passkey.id, response: { signature: "!" } }]) {
      assert.ok(isRefused(await Effect.runPromiseExit(passkeys.authenticate(answer, "c", passkey))))
      assert.ok(isRefused(await Effect.runPromiseExit(passkeys.register(answer, "c"))))
    }
  })
})
