/**
 * Master keys in AWS KMS, which they never leave: GenerateDataKey, Encrypt and Decrypt with the context as encryption
 * context. Credentials and region are found as the AWS SDK does (environment, IRSA on EKS, instance profile).
 */
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { Effect, Layer } from "effect"
import { KeyManagement, KeysUnavailable } from "../../application/ports/Crypto.ts"

export interface AwsOptions {
  /** Id, ARN or alias of a symmetric key. */
  readonly keyId: string
  readonly region?: string
  /** Where the service is, if not where AWS has it. */
  readonly endpoint?: string
}

/** Attempts of the SDK, and how long each may take. */
const attemptsMax = 3
const attemptMillisMax = 5000

const unavailable = (cause: unknown): KeysUnavailable =>
  new KeysUnavailable({ reason: `AWS KMS: ${cause instanceof Error ? cause.name : "unknown failure"}` })

const present = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error("AWS KMS answered without a key")
  return bytes
}

/** Wraps under one KMS key. */
export const layer = ({ keyId, region, endpoint }: AwsOptions): Layer.Layer<KeyManagement> =>
  Layer.effect(
    KeyManagement,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new KMSClient({
              maxAttempts: attemptsMax,
              requestHandler: { requestTimeout: attemptMillisMax, connectionTimeout: attemptMillisMax },
              ...(region === undefined ? {} : { region }),
              ...(endpoint === undefined ? {} : { endpoint })
            })
        ),
        (opened) => Effect.sync(() => opened.destroy())
      )
      const ask = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: unavailable })
      const contextOf = (context: string) => ({ EncryptionContext: { context } })
      return KeyManagement.of({
        keyId,
        generate: (context) =>
          ask(async () => {
            const answer = await client.send(
              new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", ...contextOf(context) })
            )
            return { plain: present(answer.Plaintext), wrapped: present(answer.CiphertextBlob) }
          }),
        wrap: (plain, context) =>
          ask(async () => {
            const answer = await client.send(
              new EncryptCommand({ KeyId: keyId, Plaintext: plain, ...contextOf(context) })
            )
            return present(answer.CiphertextBlob)
          }),
        unwrap: (wrapped, context) =>
          ask(async () => {
            const answer = await client.send(new DecryptCommand({ CiphertextBlob: wrapped, ...contextOf(context) }))
            return present(answer.Plaintext)
          })
      })
    })
  )
