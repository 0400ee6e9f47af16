/** An authenticator in software (WebAuthn Level 3, 6): it makes a credential and signs with it. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

type Cbor = number | string | Uint8Array | Map<number | string, Cbor>

const head = (major: number, value: number): Uint8Array =>
  value < 24
    ? Buffer.of((major << 5) | value)
    : value < 256
      ? Buffer.of((major << 5) | 24, value)
      : Buffer.of((major << 5) | 25, value >> 8, value & 0xff)

/** CBOR (RFC 8949) of what an attestation is made of. */
const cbor = (value: Cbor): Uint8Array => {
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)])])
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url")
const sha256 = (bytes: Uint8Array | string): Uint8Array => createHash("sha256").update(bytes).digest()

/** What a hostile or broken page or authenticator does otherwise. */
export interface Deviation {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly isVerified?: boolean
  readonly counter?: number
  readonly key?: KeyObject
  /** Signs what it says, and says something else. */
  readonly isAltered?: boolean
  /** The format of an attestation that comes with a certificate, instead of none. */
  readonly attestation?: string
}

/** A key pair with its public key as COSE has it (RFC 9053), and how it signs. */
const credentialBy = {
  ES256: () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const { x = "", y = "" } = publicKey.export({ format: "jwk" })
    const cose: ReadonlyArray<readonly [number, Cbor]> = [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")]
    ]
    return { privateKey, cose, hash: "sha256" }
  },
  EdDSA: () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519")
    const { x = "" } = publicKey.export({ format: "jwk" })
    const cose: ReadonlyArray<readonly [number, Cbor]> = [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, Buffer.from(x, "base64url")]
    ]
    return { privateKey, cose, hash: null }
  },
  RS256: () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const { n = "", e = "" } = publicKey.export({ format: "jwk" })
    const cose: ReadonlyArray<readonly [number, Cbor]> = [
      [1, 3],
      [3, -257],
      [-1, Buffer.from(n, "base64url")],
      [-2, Buffer.from(e, "base64url")]
    ]
    return { privateKey, cose, hash: "sha256" }
  }
}

export type Algorithm = keyof typeof credentialBy

/** A new authenticator for a site. */
export const authenticator = (
  site: { readonly rpId: string; readonly origin: string },
  algorithm: Algorithm = "ES256"
) => {
  const { privateKey, cose, hash } = credentialBy[algorithm]()
  const id = randomBytes(16)
  let counter = 0

  const dataOf = (deviation: Deviation, attested: Uint8Array): Uint8Array => {
    const flags = 0x01 | (deviation.isVerified === false ? 0 : 0x04) | (attested.length > 0 ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(deviation.counter ?? ++counter)
    return Buffer.concat([sha256(deviation.rpId ?? site.rpId), Buffer.of(flags), count, attested])
  }
  const clientData = (type: string, challenge: string, deviation: Deviation): Uint8Array =>
    Buffer.from(
      JSON.stringify({
        type: deviation.type ?? type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? site.origin,
        crossOrigin: false
      })
    )
  const answer = (response: object) => ({
    id: base64url(id),
    rawId: base64url(id),
    type: "public-key",
    clientExtensionResults: {},
    response
  })

  return {
    create: (challenge: string, deviation: Deviation = {}) => {
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, cbor(new Map(cose))])
      const statement = new Map<string, Cbor>(
        deviation.attestation === undefined
          ? []
          : [
              ["alg", -7],
              ["sig", Buffer.of(1)],
              ["x5c", Buffer.of(1)]
            ]
      )
      const attestation = cbor(
        new Map<string, Cbor>([
          ["fmt", deviation.attestation ?? "none"],
          ["attStmt", statement],
          ["authData", dataOf(deviation, attested)]
        ])
      )
      return answer({
        clientDataJSON: base64url(clientData("webauthn.create", challenge, deviation)),
        attestationObject: base64url(attestation),
        transports: ["internal"]
      })
    },
    get: (challenge: string, deviation: Deviation = {}) => {
      const data = dataOf(deviation, Buffer.alloc(0))
      const client = clientData("webauthn.get", challenge, deviation)
      const signature = sign(hash, Buffer.concat([data, sha256(client)]), deviation.key ?? privateKey)
      return answer({
        clientDataJSON: base64url(client),
        authenticatorData: base64url(deviation.isAltered === true ? dataOf(deviation, Buffer.alloc(0)) : data),
        signature: base64url(signature)
      })
    }
  }
}
