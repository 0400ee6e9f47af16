/** An RPC whose answer is a stream, declared as data: its method, the Schemas of its command and items, the use case. */
import type { DescMessage, DescMethodServerStreaming, MessageShape } from "@bufbuild/protobuf"
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import { Cause, type Context, Deferred, Effect, Result, Schema, Stream } from "effect"
import { callerEnd } from "../../application/access/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import type { Authenticator } from "../../application/ports/Caller.ts"
import { decoder, encoder } from "../../application/wire/index.ts"
import { callerOf, requestOf } from "./Authentication.ts"
import { messageOf, type Plain, plainOf } from "./Codec.ts"
import type { Door } from "./Door.ts"
import { connectErrorOf, fieldErrors, InvalidRequest, internalError } from "./Problem.ts"
import { randomRequestId, requestIdHeader } from "./RequestId.ts"
import { stopped, stoppingOf } from "./Stopping.ts"

interface Declaration<I extends DescMessage, O extends DescMessage, C, A, R, D> {
  readonly method: DescMethodServerStreaming<I, O>
  readonly command: Schema.Codec<C, unknown>
  /** Who may. */
  readonly door: Door<C, D>
  readonly item: Schema.Codec<A, unknown>
  /** The field of the response that lists the items. */
  readonly as: string
  readonly run: (command: C) => Effect.Effect<Stream.Stream<A, ApplicationError, R>, ApplicationError, R>
  /** Whether the stream waits for what is yet to come: empty responses tell that it is alive, and a stop ends it at once. */
  readonly isEndless?: boolean
}

/** The implementation of a streaming RPC, given what its use case needs. */
export type ServerStream<I extends DescMessage, O extends DescMessage, R> = (
  context: Context.Context<R>
) => (request: MessageShape<I>, handler: HandlerContext) => AsyncIterable<MessageShape<O>>

/** An endless stream that has nothing to say sends an empty response this often. */
const heartbeat = "10 seconds"

const givenUp = new ConnectError("the request was given up", Code.Canceled)

/** Fails when the signal is aborted, with its reason where that is an answer, else with `otherwise`. */
const aborted = (signal: AbortSignal, otherwise: ConnectError): Effect.Effect<never, ConnectError> =>
  Effect.callback((resume) => {
    const end = (): void => {
      const reason: unknown = signal.reason
      resume(Effect.fail(reason instanceof ConnectError ? reason : otherwise))
    }
    if (signal.aborted) end()
    else signal.addEventListener("abort", end, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", end))
  })

/** Fails when the request ends before its answer: by its deadline, its client, or the end of a stopping server's grace. */
const ended = ({ signal }: HandlerContext) => aborted(signal, givenUp)

/** Fails when the server begins to stop. */
const stopping = (handler: HandlerContext) => aborted(stoppingOf(handler), stopped)

/** Fails when the caller's token or session ends: the client comes back with the next one. */
const expired = (handler: HandlerContext, requestId: string) =>
  Effect.mapError(callerEnd(callerOf(handler)), (error) => connectErrorOf(error, requestId))

const hidden = (cause: Cause.Cause<ConnectError>, requestId: string, method: string) =>
  Cause.hasDies(cause)
    ? Stream.fromEffect(
        Effect.andThen(
          Effect.logError("request failed", { requestId, method }, cause),
          Effect.fail(internalError(requestId))
        )
      )
    : Stream.failCause(cause)

/** A stream of responses, each with the items that were there when it was asked for; nothing is read ahead of the client. */
export const serverStream = <I extends DescMessage, O extends DescMessage, C, A, R, D>(
  declaration: Declaration<I, O, C, A, R, D>
): ServerStream<I, O, R | D | Authenticator> => {
  const { method, door, item, as, isEndless = false } = declaration
  const decode = decoder(declaration.command)
  const encode = encoder(Schema.Array(item))
  const respond = (items: ReadonlyArray<A>): MessageShape<O> =>
    messageOf(method.output, { [as]: encode(items) } satisfies Plain)
  const alive = Stream.map(Stream.tick(heartbeat), (): ReadonlyArray<A> => [])

  return (context) => (request, handler) => {
    const requestId = randomRequestId()
    const begun = Deferred.makeUnsafe<Effect.Effect<never, ApplicationError, D>>()
    const lost = Effect.mapError(Effect.flatten(Deferred.await(begun)), (error) => connectErrorOf(error, requestId))
    const items = Stream.unwrap(
      Effect.gen(function* () {
        const asked = requestOf(handler, requestId)
        yield* door.admit(asked)
        const decoded = decode(plainOf(method.input, request))
        if (Result.isFailure(decoded)) return yield* Effect.fail(new InvalidRequest(fieldErrors(decoded.failure)))
        const command = decoded.success
        const passed = yield* door.pass(command, asked, declaration.run(command), () => undefined)
        yield* Deferred.succeed(begun, door.end(command, asked))
        return passed
      })
    )
    const pages: Stream.Stream<ReadonlyArray<A>, ApplicationError | InvalidRequest, R | D> = Stream.chunks(items)
    const answered = (isEndless ? Stream.merge(pages, alive, { haltStrategy: "left" }) : pages).pipe(
      Stream.map(respond),
      Stream.mapError((error) => connectErrorOf(error, requestId)),
      Stream.catchCause((cause) => hidden(cause, requestId, method.name)),
      Stream.interruptWhen(
        isEndless
          ? Effect.raceAllFirst([ended(handler), stopping(handler), expired(handler, requestId), lost])
          : ended(handler)
      )
    )
    handler.responseHeader.set(requestIdHeader, requestId)
    return Stream.toAsyncIterableWith(answered, context)
  }
}
