/** Server-sent events (WHATWG HTML, 9.2): a stream without end that a client takes up again by its last event's id. */
import { Effect, Stream } from "effect"
import { type AccessServices, perform, permissionEnd } from "../../application/access/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import { decoder, encoder } from "../../application/wire/index.ts"
import { Policy } from "../../domain/identity/index.ts"
import { type Call, type Declaration, type Endpoint, parametersOf, type RestServices } from "./Endpoint.ts"

/** A stream of events, declared as data; the command's `after` comes by the header `Last-Event-ID`. */
export interface EventDeclaration<C, A, E extends ApplicationError>
  extends Pick<
    Declaration<C, A, E>,
    "path" | "operationId" | "summary" | "command" | "answer" | "answerName" | "errors" | "guard"
  > {
  /** What the events are called. */
  readonly event: string
  readonly idOf: (item: A) => number
  readonly run: (command: C, call: Call) => Effect.Effect<Stream.Stream<A, ApplicationError>, E, RestServices>
}

/** Half of the 10 seconds after which Bun closes a connection on which nothing was said. */
const heartbeat = "5 seconds"

/** The media type of events. */
export const eventStreamType = "text/event-stream"

/** How long a client waits before it takes a broken stream up again, in milliseconds. */
const start = "retry: 1000\n\n"

// The first comment is sent at once, so that the client knows that it is connected.
const alive = Stream.map(Stream.tick(heartbeat), () => ":\n\n")

/** Makes an endpoint of its declaration. */
export const eventStream = <C, A, E extends ApplicationError>(declaration: EventDeclaration<C, A, E>): Endpoint => {
  const { command, answer, guard, run, event, idOf, ...rest } = declaration
  const { operation } = guard
  const decode = decoder(command)
  const encode = encoder(answer)
  const textOf = (item: A): string => `id: ${idOf(item)}\nevent: ${event}\ndata: ${JSON.stringify(encode(item))}\n\n`
  return {
    ...rest,
    method: "GET",
    status: 200,
    operation,
    isOpen: Policy.isOpen(Policy.ruleOf(operation)),
    command,
    answer,
    types: [eventStreamType],
    parameters: parametersOf(declaration.path),
    hasLocation: false,
    hasVersion: false,
    resumes: true,
    run: Effect.fnUntraced(function* (input, call) {
      const decoded = yield* Effect.fromResult(decode(input))
      const items = yield* perform(guard, decoded, call, run(decoded, call), () => undefined)
      const events = Stream.map(Stream.chunks(items), (chunk) => chunk.map(textOf).join(""))
      const context = yield* Effect.context<AccessServices>()
      const end = Effect.ignore(Effect.provideContext(permissionEnd(guard, decoded, call), context))
      const body = Stream.concat(Stream.succeed(start), Stream.merge(events, alive, { haltStrategy: "left" })).pipe(
        Stream.interruptWhen(end)
      )
      return { body, isEndless: true }
    })
  }
}
