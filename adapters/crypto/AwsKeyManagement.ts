/**
 * Master keys in AWS KMS, which they never leave: GenerateDataKey, Encrypt and Decrypt with the context as encryption
 * context. Credentials and region are found as the AWS SDK does (environment, IRSA on EKS, instance profile). Tested against a
 * server that checks what is sent and answers as the API reference says, not against AWS itself.
 */
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { Effect, Layer } from "effect"
import { KeyManagement, KeysUnavailable } from "../../application/ports/Crypto.ts"

export interface AwsOptions {
  /**
   * Id, ARN or alias of a symmetric key. `rewrapAll` tells keys by it: name the key itself, not an alias, where it is to
   * notice that the key was replaced.
   */
  readonly keyId: string
  readonly region?: string
  /** Where the service is, if not where AWS has it. */
  readonly endpoint?: string
  /** Milliseconds that one of the attempts may take; 2000 unless told otherwise. */
  readonly attemptMillisMax?: number
}

/** Attempts of the SDK, with its own pauses between them. */
const attemptsMax = 3

const unavailable = (cause: unknown): KeysUnavailable =>
  new KeysUnavailable({ reason: `AWS KMS: ${cause instanceof Error ? cause.name : "unknown failure"}` })

const present = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error("AWS KMS answered without a key")
  return bytes
}

/** Wraps under one KMS key. */
export const layer = ({ keyId, region, endpoint, attemptMillisMax = 2000 }: AwsOptions): Layer.Layer<KeyManagement> =>
  Layer.effect(
    KeyManagement,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new KMSClient({
              maxAttempts: attemptsMax,
              requestHandler: {
                connectionTimeout: attemptMillisMax,
                requestTimeout: attemptMillisMax,
                // Without it the SDK warns of a request that takes too long, and waits on.
                throwOnRequestTimeout: true
              },
              ...(region === undefined ? {} : { region }),
              ...(endpoint === undefined ? {} : { endpoint })
            })
        ),
        (opened) => Effect.sync(() => opened.destroy())
      )
      const ask = <A>(work: (options: { readonly abortSignal: AbortSignal }) => Promise<A>) =>
        Effect.tryPromise({ try: (abortSignal) => work({ abortSignal }), catch: unavailable })
      const contextOf = (context: string) => ({ EncryptionContext: { context } })
      return KeyManagement.of({
        keyId,
        generate: (context) =>
          ask(async (options) => {
            const answer = await client.send(
              new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", ...contextOf(context) }),
              options
            )
            return { plain: present(answer.Plaintext), wrapped: present(answer.CiphertextBlob) }
          }),
        wrap: (plain, context) =>
          ask(async (options) => {
            const answer = await client.send(
              new EncryptCommand({ KeyId: keyId, Plaintext: plain, ...contextOf(context) }),
              options
            )
            return present(answer.CiphertextBlob)
          }),
        unwrap: (wrapped, context) =>
          ask(async (options) => {
            const answer = await client.send(
              new DecryptCommand({ CiphertextBlob: wrapped, ...contextOf(context) }),
              options
            )
            return present(answer.Plaintext)
          })
      })
    })
  )
