/** Who calls: decided before a message of the request is read, and carried to the implementation. */
import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect"
import { type Context, Effect } from "effect"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { connectErrorOf } from "./Problem.ts"
import { randomRequestId } from "./RequestId.ts"
import { run } from "./Run.ts"

const callerKey = createContextKey<Caller | undefined>(undefined, { description: "bank caller" })

/** RFC 6750, 2.1: one token, at most 4096 characters. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,4096}=*)$/iu

const authenticate = Effect.fnUntraced(function* (header: string | null) {
  const authenticator = yield* Authenticator
  const token = header === null ? undefined : bearer.exec(header)?.[1]
  return token === undefined ? yield* Effect.fail(new Unauthenticated({})) : yield* authenticator.authenticate(token)
})

/** The gate before every service of the bank: the request goes on as its caller's, or ends as unauthenticated. */
export const gate =
  (context: Context.Context<Authenticator>) =>
  async (request: HandlerContext): Promise<void> => {
    const requestId = randomRequestId()
    const program = authenticate(request.requestHeader.get("authorization")).pipe(
      Effect.mapError((error) => connectErrorOf(error, requestId))
    )
    request.values.set(callerKey, await run(context, program, request, requestId))
  }

/** The caller that the gate let through. */
export const callerOf = (request: HandlerContext): Caller => {
  const caller = request.values.get(callerKey)
  if (caller === undefined) throw new ConnectError("no gate before this service", Code.Internal)
  return caller
}
