import { Effect } from "effect"
import { Authenticator, anonymous, type Presented, Unauthenticated } from "../ports/Caller.ts"
import { type Origin, originTextMax } from "../ports/Origin.ts"
import { Terms } from "../ports/Terms.ts"

/** What an edge knows of a request before it has read it. */
export interface Calling {
  /** The value of a header, by its name in lower case. */
  readonly header: (name: string) => string | null
  readonly method: string
  /** The whole address that was asked for. */
  readonly url: string
  /** The address that it came from, where that is known. */
  readonly address: string | undefined
}

// RFC 6750, 2.1 and RFC 9449, 7.1. A longer token than any issuer makes is not handed on.
const authorization = /^(?:(Bearer)|(DPoP)) +([A-Za-z0-9._~+/-]{1,8192}=*)$/iu

const presentedIn = ({ header, method, url }: Calling): Presented | undefined => {
  const [, bearer, , token] = authorization.exec(header("authorization") ?? "") ?? []
  if (token === undefined) return undefined
  const proof = header("dpop")
  return {
    scheme: bearer === undefined ? "DPoP" : "Bearer",
    token,
    method,
    url: url.replace(/[?#].*$/su, ""),
    ...(proof === null ? {} : { proof })
  }
}

/** Who calls, by the token that the request carries; nobody in particular where anyone may. Errors: Unauthenticated. */
export const callerOf = Effect.fnUntraced(function* (calling: Calling, isOpen: boolean) {
  if (isOpen) return anonymous((yield* Terms).tenant)
  const presented = presentedIn(calling)
  if (presented !== undefined) return yield* (yield* Authenticator).authenticate(presented)
  const reason = calling.header("authorization") === null ? "missing" : "invalid"
  return yield* Effect.fail(new Unauthenticated({ reason }))
})

/** Where a request came from, and what its caller says it does it for. */
export const originOf = ({ header, address }: Calling, requestId: string): Origin => {
  const text = (name: string): string | undefined => header(name)?.slice(0, originTextMax)
  const userAgent = text("user-agent")
  const reason = text("x-reason")
  return {
    requestId,
    ...(address === undefined ? {} : { address }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(reason === undefined ? {} : { reason })
  }
}
