/** Who calls, and from where: decided before a message of the request is read, and carried to the implementation. */
import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect"
import { type Context, Effect } from "effect"
import { type Calling, callerOf as identify, originOf } from "../../application/access/index.ts"
import type { Authenticator, Caller } from "../../application/ports/Caller.ts"
import type { Origin } from "../../application/ports/Origin.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import { connectErrorOf } from "./Problem.ts"
import { randomRequestId } from "./RequestId.ts"
import { run } from "./Run.ts"

const callerKey = createContextKey<Caller | undefined>(undefined, { description: "bank caller" })

/** The address of the connection that a request came by. */
export const addressKey = createContextKey<string | undefined>(undefined, { description: "bank client address" })

/** The request as the door looks at it: every call is a POST. */
const callingOf = ({ requestHeader, url, values }: HandlerContext): Calling => ({
  header: (name) => requestHeader.get(name),
  method: "POST",
  url,
  address: values.get(addressKey)
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
    const program = Effect.mapError(identify(callingOf(request), isOpen), (error) => connectErrorOf(error, requestId))
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
): { readonly caller: Caller; readonly origin: Origin } => ({
  caller: callerOf(request),
  origin: originOf(callingOf(request), requestId)
})
