/** Who calls, and from where: decided before a message of the request is read, and carried to the implementation. */
import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect"
import { type Context, Effect } from "effect"
import {
  Authenticator,
  anonymous,
  type Caller,
  type Presented,
  Unauthenticated
} from "../../application/ports/Caller.ts"
import { type Origin, originTextMax } from "../../application/ports/Origin.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { connectErrorOf } from "./Problem.ts"
import { randomRequestId } from "./RequestId.ts"
import { run } from "./Run.ts"

const callerKey = createContextKey<Caller | undefined>(undefined, { description: "bank caller" })

/** The address of the connection that a request came by. */
export const addressKey = createContextKey<string | undefined>(undefined, { description: "bank client address" })

/** RFC 6750, 2.1 and RFC 9449, 7.1: one token, at most 8192 characters. */
const authorization = /^(?:(Bearer)|(DPoP)) +([A-Za-z0-9._~+/-]{1,8192}=*)$/iu

const presentedIn = ({ requestHeader, url }: HandlerContext): Presented | undefined => {
  const [, bearer, , token] = authorization.exec(requestHeader.get("authorization") ?? "") ?? []
  if (token === undefined) return undefined
  const { origin, pathname } = new URL(url)
  const proof = requestHeader.get("dpop")
  return {
    scheme: bearer === undefined ? "DPoP" : "Bearer",
    token,
    method: "POST",
    url: `${origin}${pathname}`,
    ...(proof === null ? {} : { proof })
  }
}

const authenticate = Effect.fnUntraced(function* (request: HandlerContext, isOpen: boolean) {
  if (isOpen) return anonymous((yield* Terms).tenant)
  const authenticator = yield* Authenticator
  const presented = presentedIn(request)
  if (presented !== undefined) return yield* authenticator.authenticate(presented)
  const reason = request.requestHeader.get("authorization") === null ? "missing" : "invalid"
  return yield* Effect.fail(new Unauthenticated({ reason }))
})

/**
 * The gate before every service of the bank: the request goes on as its caller's, or ends as unauthenticated. Methods in
 * `open` are anyone's, as often as `rate` lets an address.
 */
export const gate =
  (
    context: Context.Context<Authenticator | Terms>,
    open: ReadonlySet<string>,
    rate: (address: string | undefined) => Effect.Effect<void, ConnectError>
  ) =>
  async (request: HandlerContext): Promise<void> => {
    const requestId = randomRequestId()
    const isOpen = open.has(request.method.name)
    const program = Effect.mapError(authenticate(request, isOpen), (error) => connectErrorOf(error, requestId))
    const admitted = isOpen ? Effect.andThen(rate(request.values.get(addressKey)), program) : program
    request.values.set(callerKey, await run(context, admitted, request, requestId))
  }

/** The caller that the gate let through. */
export const callerOf = (request: HandlerContext): Caller => {
  const caller = request.values.get(callerKey)
  if (caller === undefined) throw new ConnectError("no gate before this service", Code.Internal)
  return caller
}

/** Who calls and from where, as the door before the use cases asks. */
export const requestOf = (
  request: HandlerContext,
  requestId: string
): { readonly caller: Caller; readonly origin: Origin } => {
  const text = (header: string): string | undefined => request.requestHeader.get(header)?.slice(0, originTextMax)
  const address = request.values.get(addressKey)
  const userAgent = text("user-agent")
  const reason = text("x-reason")
  return {
    caller: callerOf(request),
    origin: {
      requestId,
      ...(address === undefined ? {} : { address }),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(reason === undefined ? {} : { reason })
    }
  }
}
