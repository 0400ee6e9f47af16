import assert from "node:assert/strict"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { after, before, describe, test } from "node:test"
import { Effect, Exit, Schema } from "effect"
import { KeyManagement } from "../../application/ports/Crypto.ts"
import { AwsKeyManagement } from "./index.ts"

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
  let silent = 0
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
        if (silent > 0) {
          silent--
          return
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
  after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  const aws = (more: { readonly attemptMillisMax?: number } = {}) =>
    AwsKeyManagement.layer({ keyId: "alias/bank", region: "eu-central-1", endpoint, ...more })

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

  test("a server that never answers is asked again, and told of after the last attempt", async () => {
    const made = Effect.provide(
      Effect.flatMap(KeyManagement, (kms) => kms.generate("c")),
      aws({ attemptMillisMax: 100 })
    )
    silent = 1
    assert.ok(Exit.isSuccess(await Effect.runPromiseExit(made)))
    silent = 10
    assert.match(String(await Effect.runPromiseExit(made)), /KeysUnavailable/u)
    assert.equal(silent, 7)
    silent = 0
  })
})
