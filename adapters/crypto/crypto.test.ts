import assert from "node:assert/strict"
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, describe, test } from "node:test"
import { Effect, Exit, Layer, ManagedRuntime, Schema } from "effect"
import fc from "fast-check"
import {
  FieldCipher as Cipher,
  DataKeyStore,
  KeyManagement,
  Secrets as SecretsPort
} from "../../application/ports/Crypto.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { dataKeyStoreLayer } from "../memory/index.ts"
import { rewrapAll } from "./FieldCipher.ts"
import { addMasterKey } from "./FileKeyManagement.ts"
import { AwsKeyManagement, FieldCipher, FileKeyManagement, Secrets } from "./index.ts"

const bank = TenantId.make("bank")
const other = TenantId.make("other")

let folder = ""
let file = ""
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bank-crypto-"))
})
beforeEach(() => {
  file = join(folder, crypto.randomUUID(), "master-keys")
})
after(() => rm(folder, { recursive: true, force: true }))

const withKeys = (path: string, store: Layer.Layer<DataKeyStore> = dataKeyStoreLayer) =>
  Layer.provideMerge(FieldCipher.layer, Layer.merge(store, FileKeyManagement.layer({ file: path })))

/** One store that several ciphers share, as processes do. */
const shared = async (): Promise<Layer.Layer<DataKeyStore>> => {
  const store = await Effect.runPromise(
    Effect.provide(
      Effect.map(DataKeyStore, (kept) => kept),
      dataKeyStoreLayer
    )
  )
  return Layer.succeed(DataKeyStore, store)
}

const dies = async (effect: Effect.Effect<unknown, unknown>): Promise<void> => {
  const exit = await Effect.runPromiseExit(effect)
  assert.ok(Exit.isFailure(exit) && exit.cause.reasons.every(({ _tag }) => _tag === "Die"), String(exit))
}

const bytes = fc.uint8Array({ maxLength: 500 })

describe("sealed fields", () => {
  test("a value opens in its own place of its own tenant, and nowhere else", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    await fc.assert(
      fc.asyncProperty(bytes, fc.string(), fc.string(), async (plain, place, elsewhere) => {
        const sealed = await runtime.runPromise(cipher.encrypt(bank, place, plain))
        assert.deepEqual([...(await runtime.runPromise(cipher.decrypt(bank, place, sealed)))], [...plain])
        await dies(cipher.decrypt(other, place, sealed))
        if (elsewhere !== place) await dies(cipher.decrypt(bank, elsewhere, sealed))
      }),
      { numRuns: 100 }
    )
    await runtime.dispose()
  })

  test("a value that was altered in any bit, or cut, does not open", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const sealed = await runtime.runPromise(cipher.encrypt(bank, "place", Buffer.from("Ada Lovelace")))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed)
      const at = bit >> 3
      altered[at] = (altered[at] ?? 0) ^ (1 << (bit & 7))
      await dies(cipher.decrypt(bank, "place", altered))
    }
    for (const length of [0, 4, 5, 32, sealed.length - 1])
      await dies(cipher.decrypt(bank, "place", sealed.subarray(0, length)))
    await runtime.dispose()
  })

  test("no two values have a nonce in common", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const nonces = new Set<string>()
    for (let count = 0; count < 10_000; count++) {
      const sealed = await runtime.runPromise(cipher.encrypt(bank, "place", new Uint8Array(1)))
      nonces.add(Buffer.from(sealed.subarray(5, 17)).toString("hex"))
    }
    assert.equal(nonces.size, 10_000)
    await runtime.dispose()
  })

  test("blind indexes agree for equal texts of one tenant and purpose only", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const index = async (tenant: TenantId, purpose: string, text: string): Promise<string> =>
      Buffer.from(await runtime.runPromise(cipher.blindIndex(tenant, purpose, text))).toString("hex")
    const own = await index(bank, "email", "ada@example.com")
    assert.equal(await index(bank, "email", "ada@example.com"), own)
    const others = [
      await index(other, "email", "ada@example.com"),
      await index(bank, "phone", "ada@example.com"),
      await index(bank, "email", "ada@example.co"),
      await index(bank, "emaila", "da@example.com")
    ]
    assert.equal(new Set([own, ...others]).size, 5)
    await runtime.dispose()
  })

  test("after a rotation new values have the new key, old ones still open, and another process follows", async () => {
    const store = await shared()
    const first = ManagedRuntime.make(withKeys(file, store))
    const second = ManagedRuntime.make(withKeys(file, store))
    const [one, two] = [await first.runPromise(Cipher), await second.runPromise(Cipher)]
    const old = await first.runPromise(one.encrypt(bank, "place", Buffer.from("old")))
    await second.runPromise(two.decrypt(bank, "place", old))
    await first.runPromise(one.rotate(bank))
    const fresh = await first.runPromise(one.encrypt(bank, "place", Buffer.from("new")))
    assert.deepEqual([old[4], fresh[4]], [1, 2])
    for (const sealed of [old, fresh]) await second.runPromise(two.decrypt(bank, "place", sealed))
    await Promise.all([first.dispose(), second.dispose()])
  })

  test("of many processes that make a tenant's first keys at once all end with the same", async () => {
    const store = await shared()
    const runtimes = Array.from({ length: 8 }, () => ManagedRuntime.make(withKeys(file, store)))
    const ciphers = await Promise.all(runtimes.map((runtime) => runtime.runPromise(Cipher)))
    const sealed = await Promise.all(
      ciphers.map((cipher) => Effect.runPromise(cipher.encrypt(bank, "p", Buffer.of(7))))
    )
    for (const cipher of ciphers)
      for (const each of sealed) assert.deepEqual([...(await Effect.runPromise(cipher.decrypt(bank, "p", each)))], [7])
    await Promise.all(runtimes.map((runtime) => runtime.dispose()))
  })

  test("everything opens after the master key was replaced and the data keys were wrapped anew", async () => {
    const store = await shared()
    const first = ManagedRuntime.make(withKeys(file, store))
    const sealed = await first.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.encrypt(bank, "p", Buffer.of(7))))
    await addMasterKey(file)
    const second = ManagedRuntime.make(withKeys(file, store))
    assert.equal(await second.runPromise(rewrapAll(bank)), 2)
    assert.equal(await second.runPromise(rewrapAll(bank)), 0)
    const lines = (await readFile(file, "utf8")).split("\n")
    await writeFile(file, `${lines[1]}\n`)
    const third = ManagedRuntime.make(withKeys(file, store))
    const plain = await third.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.decrypt(bank, "p", sealed)))
    assert.deepEqual([...plain], [7])
    await Promise.all([first.dispose(), second.dispose(), third.dispose()])
  })
})

const built = (layer: Layer.Layer<KeyManagement, unknown>) =>
  Effect.runPromiseExit(Effect.scoped(Effect.provide(KeyManagement, layer)))

describe("master keys in a file", () => {
  test("are made once, for their owner alone, however many start at once", async () => {
    const exits = await Promise.all(Array.from({ length: 8 }, () => built(FileKeyManagement.layer({ file }))))
    const ids = exits.map((exit) => (Exit.isSuccess(exit) ? exit.value.keyId : String(exit)))
    assert.equal(new Set(ids).size, 1)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  test("are refused where others may read them, or where a line is none", async () => {
    await built(FileKeyManagement.layer({ file }))
    await chmod(file, 0o644)
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /others may read it/u)
    await chmod(file, 0o600)
    await writeFile(file, "mk-1:abc\n")
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /line 1 is not name/u)
  })

  test("unwrap in the context that they wrapped in, and in no other", async () => {
    const outcome = await Effect.runPromise(
      Effect.gen(function* () {
        const kms = yield* KeyManagement
        const { plain, wrapped } = yield* kms.generate("bank/field/1")
        assert.deepEqual([...(yield* kms.unwrap(wrapped, "bank/field/1"))], [...plain])
        return yield* Effect.exit(kms.unwrap(wrapped, "bank/field/2"))
      }).pipe(Effect.provide(FileKeyManagement.layer({ file })))
    )
    assert.match(String(outcome), /KeysUnavailable/u)
  })
})

const Asked = Schema.Struct({
  KeyId: Schema.optionalKey(Schema.String),
  KeySpec: Schema.optionalKey(Schema.String),
  Plaintext: Schema.optionalKey(Schema.String),
  CiphertextBlob: Schema.optionalKey(Schema.String),
  EncryptionContext: Schema.Struct({ context: Schema.String })
})

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** No AWS is here: a server that speaks the wire of KMS (AWS JSON 1.1) and answers as its API reference says. */
describe("master keys in AWS KMS", () => {
  let server: Server
  let endpoint = ""
  let failures = 0
  const seen: Array<{ readonly target: string; readonly authorization: string }> = []
  const wrap = (plain: string, context: string): string => Buffer.from(`${context}|${plain}`).toString("base64")

  before(async () => {
    process.env.AWS_ACCESS_KEY_ID = "AKIDEXAMPLE"
    process.env.AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    server = createServer((request, response) => {
      void textOf(request).then((text) => {
        const asked = Schema.decodeUnknownSync(Schema.fromJsonString(Asked))(text)
        const target = String(request.headers["x-amz-target"])
        seen.push({ target, authorization: String(request.headers.authorization) })
        const { context } = asked.EncryptionContext
        const answer = (status: number, body: object): void => {
          response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body))
        }
        if (failures > 0) {
          failures--
          return answer(500, { __type: "KMSInternalException" })
        }
        if (target === "TrentService.GenerateDataKey") {
          const plain = Buffer.alloc(32, 9).toString("base64")
          return answer(200, { KeyId: asked.KeyId, Plaintext: plain, CiphertextBlob: wrap(plain, context) })
        }
        if (target === "TrentService.Encrypt")
          return answer(200, { CiphertextBlob: wrap(asked.Plaintext ?? "", context) })
        const [bound, plain] = Buffer.from(asked.CiphertextBlob ?? "", "base64")
          .toString()
          .split("|")
        return bound === context
          ? answer(200, { Plaintext: plain })
          : answer(400, { __type: "InvalidCiphertextException" })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    assert.ok(typeof address === "object" && address !== null)
    endpoint = `http://127.0.0.1:${address.port}`
  })
  after(() => new Promise((resolve) => server.close(resolve)))

  const aws = () => AwsKeyManagement.layer({ keyId: "alias/bank", region: "eu-central-1", endpoint })

  test("signed requests make, wrap and unwrap keys in their context", async () => {
    await Effect.runPromise(
      Effect.gen(function* () {
        const kms = yield* KeyManagement
        assert.equal(kms.keyId, "alias/bank")
        const { plain, wrapped } = yield* kms.generate("bank/field/1")
        assert.equal(plain.length, 32)
        assert.deepEqual([...(yield* kms.unwrap(wrapped, "bank/field/1"))], [...plain])
        assert.deepEqual([...(yield* kms.unwrap(yield* kms.wrap(plain, "c"), "c"))], [...plain])
        assert.match(String(yield* Effect.exit(kms.unwrap(wrapped, "bank/field/2"))), /KeysUnavailable/u)
      }).pipe(Effect.provide(aws()))
    )
    assert.deepEqual(
      new Set(seen.map(({ target }) => target)),
      new Set(["TrentService.GenerateDataKey", "TrentService.Encrypt", "TrentService.Decrypt"])
    )
    for (const { authorization } of seen)
      assert.match(authorization, /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/kms\/aws4_request/u)
  })

  test("a moment's failure is asked again, a lasting one is told", async () => {
    const made = Effect.provide(
      Effect.flatMap(KeyManagement, (kms) => kms.generate("c")),
      aws()
    )
    failures = 1
    assert.ok(Exit.isSuccess(await Effect.runPromiseExit(made)))
    failures = 10
    assert.match(String(await Effect.runPromiseExit(made)), /KeysUnavailable/u)
    failures = 0
  })
})

describe("secrets", () => {
  const drawn = <A>(
    draw: (secrets: SecretsPort["Service"]) => Effect.Effect<A>,
    count: number
  ): Promise<ReadonlyArray<A>> =>
    Effect.runPromise(
      Effect.provide(
        Effect.flatMap(SecretsPort, (secrets) => Effect.all(Array.from({ length: count }, () => draw(secrets)))),
        Secrets.layer
      )
    )

  test("every digit is as likely as any other, and codes have as many as asked for", async () => {
    const codes = await drawn(({ digits }) => digits(8), 5000)
    assert.ok(codes.every((code) => /^\d{8}$/u.test(code)))
    const counts = new Map<string, number>()
    for (const digit of codes.join("")) counts.set(digit, (counts.get(digit) ?? 0) + 1)
    // Chi-squared with 9 degrees of freedom: above 40 once in a hundred thousand runs.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 4000) ** 2 / 4000, 0)
    assert.ok(counts.size === 10 && chi < 40, String(chi))
  })

  test("tokens and recovery codes are of their forms, and none comes twice", async () => {
    const tokens = await drawn(({ token }) => token, 1000)
    assert.ok(tokens.every((each) => /^[A-Za-z0-9_-]{43}$/u.test(each)) && new Set(tokens).size === 1000)
    const codes = await drawn(({ recoveryCode }) => recoveryCode, 1000)
    assert.ok(codes.every((each) => /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/u.test(each)))
    assert.equal(new Set(codes).size, 1000)
  })
})
