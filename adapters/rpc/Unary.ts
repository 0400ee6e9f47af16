/** An RPC is declared as data: its method, the Schemas of its command and answer, and the use case. */
import type { DescMessage, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf"
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect"
import { type Context, Effect, Result, Schema } from "effect"
import type { ApplicationError } from "../../application/errors/index.ts"
import type { Caller } from "../../application/ports/Caller.ts"
import { CallerKey, type IdempotencyKey, keyOf } from "../../application/ports/Idempotency.ts"
import { callerOf } from "./Authentication.ts"
import { messageOf, type Plain, plainOf } from "./Codec.ts"
import { connectErrorOf, fieldErrors, InvalidRequest } from "./Problem.ts"
import { randomRequestId, requestIdHeader, requestIdOf } from "./RequestId.ts"
import { run } from "./Run.ts"

/** A service and how it is registered with a router; its use cases need `R`. */
export interface RpcService<R> {
  readonly desc: DescService
  readonly register: (
    router: ConnectRouter,
    context: Context.Context<R>,
    options: { readonly requestGate: (request: HandlerContext) => Promise<void> }
  ) => void
}

interface Declaration<I extends DescMessage, O extends DescMessage, C, A> {
  readonly method: DescMethodUnary<I, O>
  readonly command: Schema.Codec<C, unknown>
  readonly answer: Schema.Codec<A, unknown>
  /** The field of the response that is the answer; the answer is the response unless given. */
  readonly as?: string
  /** What fields mean that a request may leave out. */
  readonly defaults?: Plain
}

/** The implementation of a unary RPC, given what its use case needs. */
export type Unary<I extends DescMessage, O extends DescMessage, R> = (
  context: Context.Context<R>
) => (request: MessageShape<I>, handler: HandlerContext) => Promise<MessageShape<O>>

const decoder = <C>(command: Schema.Codec<C, unknown>, defaults: Plain = {}) => {
  const decode = Schema.decodeUnknownResult(command, { errors: "all", onExcessProperty: "error" })
  return (plain: Plain) => Result.mapError(decode({ ...defaults, ...plain }), (error) => fieldErrors(error))
}

const responder = <I extends DescMessage, O extends DescMessage, C, A>({
  method,
  answer,
  as
}: Declaration<I, O, C, A>) => {
  // What a use case answers has passed the checks of the domain.
  const encode = Schema.encodeSync(answer, { disableChecks: true })
  return (value: A): MessageShape<O> => {
    const encoded = encode(value)
    return messageOf(method.output, as === undefined ? encoded : { [as]: encoded })
  }
}

/** An RPC that reads, or that needs no key because doing it twice is doing it once. */
export const unary = <I extends DescMessage, O extends DescMessage, C, A, R>(
  declaration: Declaration<I, O, C, A> & {
    readonly run: (command: C, caller: Caller) => Effect.Effect<A, ApplicationError, R>
  }
): Unary<I, O, R> => {
  const decode = decoder(declaration.command, declaration.defaults)
  const respond = responder(declaration)
  return (context) => async (request, handler) => {
    const caller = callerOf(handler)
    const requestId = randomRequestId()
    const program = Effect.gen(function* () {
      const decoded = decode(plainOf(declaration.method.input, request))
      if (Result.isFailure(decoded)) return yield* Effect.fail(new InvalidRequest(decoded.failure))
      return respond(yield* declaration.run(decoded.success, caller))
    })
    const mapped = Effect.mapError(program, (error) => connectErrorOf(error, requestId))
    const response = await run(context, mapped, handler, requestId)
    handler.responseHeader.set(requestIdHeader, requestId)
    return response
  }
}

const decodeKey = Schema.decodeUnknownResult(CallerKey)

/** An RPC that moves money or makes something: its request carries an `idempotency_key`, which its caller scopes. */
export const keyed = <I extends DescMessage, O extends DescMessage, C, A, R>(
  declaration: Declaration<I, O, C, A> & {
    readonly run: (command: C, key: IdempotencyKey, caller: Caller) => Effect.Effect<A, ApplicationError, R>
  }
): Unary<I, O, R> => {
  const decode = decoder(declaration.command, declaration.defaults)
  const respond = responder(declaration)
  return (context) => async (request, handler) => {
    const caller = callerOf(handler)
    const { idempotencyKey, ...plain } = plainOf(declaration.method.input, request)
    const key = decodeKey(idempotencyKey)
    const requestId = Result.isSuccess(key) ? requestIdOf(caller.id, key.success) : randomRequestId()
    const program = Effect.gen(function* () {
      const decoded = decode(plain)
      if (Result.isSuccess(decoded) && Result.isSuccess(key))
        return respond(yield* declaration.run(decoded.success, keyOf(caller.id, key.success), caller))
      return yield* Effect.fail(
        new InvalidRequest([
          ...(Result.isFailure(decoded) ? decoded.failure : []),
          ...(Result.isFailure(key) ? fieldErrors(key.failure, ["idempotencyKey"]) : [])
        ])
      )
    })
    const mapped = Effect.mapError(program, (error) => connectErrorOf(error, requestId))
    const response = await run(context, mapped, handler, requestId)
    handler.responseHeader.set(requestIdHeader, requestId)
    return response
  }
}
