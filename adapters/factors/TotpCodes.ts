import { Effect, Layer } from "effect"
import { Secret, TOTP } from "otpauth"
import { TotpCodes } from "../../application/ports/SecondFactors.ts"

/** Seconds of a step, and steps to either side whose codes are taken, for clocks that differ (RFC 6238, 5.2). */
const stepSeconds = 30
const window = 1

/** Bytes of a secret: those of SHA-1's output (RFC 4226, 4). */
const secretBytes = 20

/** Codes of six digits by SHA-1, which is what every authenticator app can do. */
const codeOf = (secret: Secret, more: { readonly issuer?: string; readonly label?: string } = {}): TOTP =>
  new TOTP({ ...more, secret, algorithm: "SHA1", digits: 6, period: stepSeconds })

/** One-time codes of an issuer, whose name apps show. */
export const layer = ({ issuer }: { readonly issuer: string }): Layer.Layer<TotpCodes> =>
  Layer.succeed(
    TotpCodes,
    TotpCodes.of({
      make: (account) =>
        Effect.sync(() => {
          const secret = new Secret({ size: secretBytes })
          return { secret: secret.base32, uri: codeOf(secret, { issuer, label: account }).toString() }
        }),
      stepOf: (secret, code, epochMillis) => {
        const delta = codeOf(Secret.fromBase32(secret)).validate({ token: code, timestamp: epochMillis, window })
        return delta === null ? undefined : Math.floor(epochMillis / 1000 / stepSeconds) + delta
      }
    })
  )
