import { AuthorizationResponseError, ClientError, ResponseBodyError } from "openid-client"

/** Codes that a provider gives (RFC 6749, 4.1.2.1 and 5.2), as far as they are words. */
const word = /^[\w.:-]{1,64}$/u

const orOther = (code: string | undefined): string => (code !== undefined && word.test(code) ? code : "other")

/** Why it failed, in a word or two for logs: no text of the provider's own, and nothing that came with it. */
export const reasonOf = (cause: unknown): string => {
  if (cause instanceof AuthorizationResponseError) return `the provider answered ${orOther(cause.error)}`
  if (cause instanceof ResponseBodyError) return `the token endpoint answered ${orOther(cause.error)}`
  if (cause instanceof ClientError) return `${cause.message} (${orOther(cause.code)})`
  return cause instanceof Error ? cause.name : "unknown"
}

const unreachable = new Set(["OAUTH_TIMEOUT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"])

/** Whether the provider may answer if it is asked again: it did not, or not what a provider answers. */
export const isPassing = (cause: unknown): boolean =>
  cause instanceof ClientError
    ? cause.code === undefined || unreachable.has(cause.code)
    : cause instanceof TypeError || cause instanceof DOMException
