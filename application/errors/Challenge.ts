import type { ApplicationError } from "./Catalogue.ts"

const challenge = (scheme: string, parameters: Readonly<Record<string, string>>): string =>
  `${scheme} ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}`

const realm = { realm: "bank" }
const algs = { algs: "ES256 EdDSA" }

/**
 * What a caller that was turned away is told to come back with, as `WWW-Authenticate` has it: of RFC 6750 (`invalid_token`,
 * `insufficient_scope`), RFC 9449 (DPoP) and RFC 9470 (step-up). None for an error that no other token mends.
 */
export const challengesOf = (error: ApplicationError): ReadonlyArray<string> => {
  switch (error._tag) {
    case "Unauthenticated": {
      const told = error.reason === "missing" ? {} : { error: "invalid_token" }
      return [challenge("Bearer", { ...realm, ...told }), challenge("DPoP", { ...realm, ...told, ...algs })]
    }
    case "StepUpRequired":
      return [
        challenge("Bearer", {
          ...realm,
          error: "insufficient_user_authentication",
          acr_values: "mfa",
          max_age: String(error.maxAgeSeconds)
        })
      ]
    case "Forbidden":
      return error.lacks === "scope"
        ? [challenge("Bearer", { ...realm, error: "insufficient_scope", scope: error.scope })]
        : []
    default:
      return []
  }
}
