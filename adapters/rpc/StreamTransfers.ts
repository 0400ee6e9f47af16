/**
 * The stream of transfers. Bounds: `outstandingMax` items are read and not yet answered; where the client does not take its
 * answers, or the ledger is slow, no more is read, and HTTP/2 stops the client. An item that the ledger has no room for is
 * submitted again `attemptsMax` times, about two seconds in all, before it is answered as overloaded.
 */
import type { MessageShape } from "@bufbuild/protobuf"
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import { type Context, Effect, Result, Schema, Semaphore, Stream, Struct } from "effect"
import {
  type AccessServices,
  type Request as Asked,
  admitted,
  callerEnd,
  LedgerGuards,
  perform
} from "../../application/access/index.ts"
import { describe } from "../../application/errors/index.ts"
import { ItemAnswer, type ItemError, itemAnswer, MoneyItem, postItems } from "../../application/ledger/index.ts"
import type { Authenticator } from "../../application/ports/Caller.ts"
import { CallerKey, keyOf } from "../../application/ports/Idempotency.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { SubmitOutcome } from "../../application/ports/SubmitMany.ts"
import { decoder, encoder } from "../../application/wire/index.ts"
import { TransactionService } from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { requestOf } from "./Authentication.ts"
import { messageOf, plainOf } from "./Codec.ts"
import { connectErrorOf, fieldErrors, internalError } from "./Problem.ts"
import { randomRequestId, requestIdHeader } from "./RequestId.ts"

/** Items that are read and not answered. */
export const outstandingMax = 8192

/** Items of one message. */
export const messageItemsMax = 1000

/** Submissions of an item that finds no room; the waits before them double from the first on, up to the last. */
const attemptsMax = 12
const waitFirstMillis = 5
const waitLastMillis = 250

const { input, output } = TransactionService.method.streamTransfers
type Request = MessageShape<typeof input>
type Response = MessageShape<typeof output>

type Posting = Parameters<typeof postItems>[0][number]

const KeyedItem = Schema.Struct({ idempotencyKey: CallerKey, item: MoneyItem })
const decode = decoder(KeyedItem)
const Answers = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({ ...ItemAnswer.fields, idempotencyKey: Schema.String }).mapFields(Struct.omit(["index"]))
  )
})
const encode = encoder(Answers)

const isOverloaded = (outcome: SubmitOutcome | undefined): boolean =>
  outcome !== undefined && Result.isFailure(outcome) && outcome.failure._tag === "LedgerOverloaded"

const postPatiently = Effect.fnUntraced(function* (postings: ReadonlyArray<Posting>) {
  const outcomes = [...(yield* postItems(postings))]
  for (let attempt = 1; attempt < attemptsMax && outcomes.some(isOverloaded); attempt++) {
    yield* Effect.sleep(Math.min(waitLastMillis, waitFirstMillis * 2 ** (attempt - 1)))
    const places = [...outcomes.keys()].filter((place) => isOverloaded(outcomes[place]))
    const again = yield* postItems(places.flatMap((place) => postings[place] ?? []))
    again.forEach((outcome, index) => {
      const place = places[index]
      if (place !== undefined) outcomes[place] = outcome
    })
  }
  return outcomes
})

type Answered = ReturnType<typeof itemAnswer> | { readonly error: ItemError }

const permitted = (postings: ReadonlyArray<Posting>, asked: Asked) =>
  perform(
    LedgerGuards.postBatch,
    { items: postings.map(({ item }) => item) },
    asked,
    Effect.map(postPatiently(postings), (outcomes) => outcomes.map((outcome): Answered => itemAnswer(outcome))),
    () => undefined
  )

/** Posts all of them; where the caller may not post one of them, each by itself, so that the others are posted. */
const answersTo = (postings: ReadonlyArray<Posting>, asked: Asked) =>
  Effect.catch(permitted(postings, asked), () =>
    Effect.map(
      Effect.forEach(postings, (posting) =>
        Effect.catch(permitted([posting], asked), (error) => {
          const { code, title, detail } = describe(error._tag === "BatchRejected" ? error.reason : error)
          return Effect.succeed<ReadonlyArray<Answered>>([{ error: { code, title, detail } }])
        })
      ),
      (answers) => answers.flat()
    )
  )

const invalidItem = (error: Schema.SchemaError): ItemError => {
  const errors = fieldErrors(error)
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ")
  const field = errors[0]?.field
  return { code: "invalid_request", title: "Invalid request", detail, ...(field === undefined ? {} : { field }) }
}

/** The items of a message, each decoded or not. */
const decodedOf = (request: Request) => {
  const { items } = plainOf(input, request)
  return Array.isArray(items) ? items.map((item) => decode(item)) : []
}

/** Posts the items of one message; what does not decode is answered in its place, and the rest is posted. */
const answerTo = Effect.fnUntraced(function* (request: Request, asked: Asked) {
  const decoded = decodedOf(request)
  const postings = decoded.flatMap((each) =>
    Result.isSuccess(each)
      ? [{ key: keyOf(asked.caller.id, each.success.idempotencyKey), item: each.success.item }]
      : []
  )
  const answers = (yield* answersTo(postings, asked)).values()
  const answerOf = (each: (typeof decoded)[number]) => {
    if (Result.isFailure(each)) return { error: invalidItem(each.failure) }
    return answers.next().value ?? {}
  }
  const items = decoded.map((each, index) => ({
    idempotencyKey: request.items[index]?.idempotencyKey ?? "",
    ...answerOf(each)
  }))
  return messageOf(output, encode({ items }))
})

/** Ends as the call does: by its deadline, by its client, or by the server's stop. */
const endOf = (signal: AbortSignal) =>
  Effect.callback<never, ConnectError>((resume) => {
    const end = (): void => {
      const reason: unknown = signal.reason
      resume(
        Effect.fail(
          reason instanceof ConnectError ? reason : new ConnectError("the stream was given up", Code.Canceled)
        )
      )
    }
    if (signal.aborted) end()
    else signal.addEventListener("abort", end, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", end))
  })

const tooMany = new ConnectError(`a message has at most ${messageItemsMax} items`, Code.InvalidArgument)

/** The implementation of StreamTransfers. */
export const streamTransfers =
  (context: Context.Context<Authenticator | Ledger | AccessServices>) =>
  (requests: AsyncIterable<Request>, handler: HandlerContext): AsyncIterable<Response> => {
    const requestId = randomRequestId()
    const asked = requestOf(handler, requestId)
    handler.responseHeader.set(requestIdHeader, requestId)
    const room = Semaphore.makeUnsafe(outstandingMax)
    const admission = Effect.mapError(admitted(LedgerGuards.postBatch.operation, asked), (error) =>
      connectErrorOf(error, requestId)
    )
    const messages = Stream.fromAsyncIterable(requests, ConnectError.from)
    const responses = Stream.unwrap(Effect.as(admission, messages)).pipe(
      Stream.mapEffect((request) =>
        request.items.length > messageItemsMax
          ? Effect.fail(tooMany)
          : Effect.as(room.take(Math.max(1, request.items.length)), request)
      ),
      Stream.mapEffect((request) => answerTo(request, asked), { concurrency: outstandingMax }),
      Stream.tap((response) => room.release(Math.max(1, response.items.length))),
      Stream.interruptWhen(
        Effect.raceFirst(
          endOf(handler.signal),
          Effect.mapError(callerEnd(asked.caller), (error) => connectErrorOf(error, requestId))
        )
      ),
      Stream.catchDefect((defect) =>
        Stream.fromEffect(
          Effect.andThen(
            Effect.logError("stream failed", { requestId, method: handler.method.name }, defect),
            Effect.fail(internalError(requestId))
          )
        )
      )
    )
    return Stream.toAsyncIterableWith(responses, context)
  }
