/** An RPC is declared as data: its method, the Schemas of its command and answer, and the use case. */
import type { DescMessage, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf"
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect"
import { type Context, Effect, Result, Schema } from "effect"
import type { Request } from "../../application/access/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import type { Authenticator, Caller } from "../../application/ports/Caller.ts"
import { CallerKey, type IdempotencyKey, keyOf } from "../../application/ports/Idempotency.ts"
import { decoder, encoder } from "../../application/wire/index.ts"
import { callerOf, requestOf } from "./Authentication.ts"
import { messageOf, type Plain, plainOf } from "./Codec.ts"
import type { Door } from "./Door.ts"
import { connectErrorOf, fieldErrors, InvalidRequest } from "./Problem.ts"
import { randomRequestId, requestIdHeader, requestIdOf } from "./RequestId.ts"
import { run } from "./Run.ts"

/** A service and how it is registered with a router; its use cases need `R`. */
export interface RpcService<R> {
  readonly desc: DescService
  /** Names of the methods that anyone may call, without a token. */
  readonly open?: ReadonlyArray<string>
  readonly register: (
    router: ConnectRouter,
    context: Context.Context<R | Authenticator>,
    options: { readonly requestGate: (request: HandlerContext) => Promise<void> }
  ) => void
}

interface Declaration<I extends DescMessage, O extends DescMessage, C, A, D> {
  readonly method: DescMethodUnary<I, O>
  readonly command: Schema.Codec<C, unknown>
  /** Who may. */
  readonly door: Door<C, D>
  readonly answer: Schema.Codec<A, unknown>
  /** The field of the response that is the answer; the answer is the response unless given. */
  readonly as?: string
  /** What fields mean that a request may leave out. */
  readonly defaults?: Plain
}

/** What the use cases of these RPCs need. */
export type Needs<Rpcs> = {
  [K in keyof Rpcs]: Rpcs[K] extends (context: Context.Context<infer R>) => unknown ? R : never
}[keyof Rpcs]

/** The implementation of a unary RPC, given what its use case needs. */
export type Unary<I extends DescMessage, O extends DescMessage, R> = (
  context: Context.Context<R>
) => (request: MessageShape<I>, handler: HandlerContext) => Promise<MessageShape<O>>

const meant = (plain: Plain, names: ReadonlyArray<"user" | "session">, caller: Caller): Plain => {
  const own = names.flatMap((name) => (plain[name] === "" && caller[name] !== undefined ? [[name, caller[name]]] : []))
  return own.length === 0 ? plain : { ...plain, ...Object.fromEntries(own) }
}

const commandDecoder = <C>(command: Schema.Codec<C, unknown>, defaults: Plain = {}) => {
  const decode = decoder(command)
  return (plain: Plain) => Result.mapError(decode({ ...defaults, ...plain }), (error) => fieldErrors(error))
}

const responder = <I extends DescMessage, O extends DescMessage, C, A, D>({
  method,
  answer,
  as
}: Declaration<I, O, C, A, D>) => {
  const encode = encoder(answer)
  const respond = (value: A): MessageShape<O> => {
    const encoded = encode(value)
    return messageOf(method.output, as === undefined ? encoded : { [as]: encoded })
  }
  return { encode, respond }
}

/** An RPC that reads, or that needs no key because doing it twice is doing it once. */
export const unary = <I extends DescMessage, O extends DescMessage, C, A, R, D>(
  declaration: Declaration<I, O, C, A, D> & {
    /** Ids that a request may leave empty: its caller's then, where the caller has one. */
    readonly own?: ReadonlyArray<"user" | "session">
    readonly run: (command: C, request: Request) => Effect.Effect<A, ApplicationError, R>
  }
): Unary<I, O, R | D> => {
  const { command, defaults, door, method, own = [] } = declaration
  const decode = commandDecoder(command, defaults)
  const { encode, respond } = responder(declaration)
  return (context) => async (request, handler) => {
    const requestId = randomRequestId()
    const asked = requestOf(handler, requestId)
    const program = Effect.gen(function* () {
      yield* door.admit(asked)
      const decoded = decode(meant(plainOf(method.input, request), own, asked.caller))
      if (Result.isFailure(decoded)) return yield* Effect.fail(new InvalidRequest(decoded.failure))
      const { success } = decoded
      return respond(yield* door.pass(success, asked, declaration.run(success, asked), encode))
    })
    const mapped = Effect.mapError(program, (error) => connectErrorOf(error, requestId))
    const response = await run(context, mapped, handler, requestId)
    handler.responseHeader.set(requestIdHeader, requestId)
    return response
  }
}

const decodeKey = Schema.decodeUnknownResult(CallerKey)

/** An RPC that moves money or makes something: its request carries an `idempotency_key`, which its caller scopes. */
export const keyed = <I extends DescMessage, O extends DescMessage, C, A, R, D>(
  declaration: Declaration<I, O, C, A, D> & {
    readonly run: (command: C, key: IdempotencyKey, request: Request) => Effect.Effect<A, ApplicationError, R>
  }
): Unary<I, O, R | D> => {
  const { command, defaults, door, method } = declaration
  const decode = commandDecoder(command, defaults)
  const { encode, respond } = responder(declaration)
  return (context) => async (request, handler) => {
    const { idempotencyKey, ...plain } = plainOf(method.input, request)
    const key = decodeKey(idempotencyKey)
    const { id } = callerOf(handler)
    const requestId = Result.isSuccess(key) ? requestIdOf(id, key.success) : randomRequestId()
    const asked = requestOf(handler, requestId)
    const program = Effect.gen(function* () {
      yield* door.admit(asked)
      const decoded = decode(plain)
      if (Result.isSuccess(decoded) && Result.isSuccess(key)) {
        const run = declaration.run(decoded.success, keyOf(id, key.success), asked)
        return respond(yield* door.pass(decoded.success, asked, run, encode))
      }
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
