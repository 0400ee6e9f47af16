/**
 * The port `Ledger` as a client of a `LedgerService` elsewhere: one HTTP/2 connection, gRPC, one round trip a call. What
 * the ledger refuses arrives as the very error it raised. Nothing is retried here: who called knows best when to.
 *
 * It is gRPC because Bun 1.4.5, as a client of Connect's own unary protocol on HTTP/2, sends frames to streams that have
 * ended, and servers close the connection after a thousand of them.
 */
import type { DescMessage, DescMethodServerStreaming, DescMethodUnary, MessageShape } from "@bufbuild/protobuf"
import { Code, ConnectError, type Transport } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { IdempotencyConflict } from "../../../application/ports/Idempotency.ts"
import {
  EntryPage,
  EntryQuery,
  EntrySearch,
  Instruction,
  Ledger,
  LedgerOverloaded,
  LedgerUnavailable
} from "../../../application/ports/Ledger.ts"
import { submitEach } from "../../../application/ports/SubmitMany.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { Hold, LedgerAccount, Receipt, Rejection, Transaction } from "../../../domain/ledger/index.ts"
import { LedgerService } from "../../../proto/gen/bank/ledger/v1/ledger_service_pb.ts"
import { ProblemSchema } from "../../../proto/gen/bank/type/v1/problem_pb.ts"
import { messageOf, plainOf } from "../Codec.ts"
import { errorOf } from "../ErrorJson.ts"
import { idsMax } from "../Limits.ts"

export interface Options {
  /** Such as `http://ledger:9090`. */
  readonly baseUrl: string
  /** The bearer token that names this service to the other. */
  readonly token: string
  /** How long a call may take before the ledger counts as unavailable; 10 seconds unless given. */
  readonly timeoutMillis?: number
}

/** Calls of one `submitMany` that are under way at a time: fewer than the server takes on one connection. */
const callsAtOnce = 200

/** Pages of account ids that are asked for at a time. */
const pagesAtOnce = 4

/** These say that the two services do not speak the same protocol: bugs, which no retry mends. */
const bugs: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.Unimplemented])

const unavailable = (error: ConnectError): LedgerUnavailable =>
  new LedgerUnavailable({ reason: `${Code[error.code]}: ${error.rawMessage}` })

/** The typed error in a refusal, else what the code means: the ledger cannot be reached, or a bug. */
const failed =
  <E>(read: (json: string) => Option.Option<E>) =>
  (error: ConnectError): Effect.Effect<never, E | LedgerUnavailable> => {
    const [problem] = error.findDetails(ProblemSchema)
    const typed = problem === undefined ? Option.none() : read(problem.errorJson)
    if (Option.isSome(typed)) return Effect.fail(typed.value)
    return bugs.has(error.code) ? Effect.die(error) : Effect.fail(unavailable(error))
  }

/** Declares a call: its method, the field of the response that is the answer, and the errors it may give. */
const caller =
  (transport: Transport, headers: Readonly<Record<string, string>>) =>
  <I extends DescMessage, O extends DescMessage, A, E>(
    method: DescMethodUnary<I, O>,
    as: string,
    answer: Schema.Codec<A, unknown>,
    errors: Schema.Codec<E, unknown>
  ) => {
    const decode = Schema.decodeUnknownEffect(answer)
    const read = failed(errorOf(errors))
    return (request: unknown): Effect.Effect<A, E | LedgerUnavailable> =>
      Effect.tryPromise({
        try: (signal) => transport.unary(method, signal, undefined, headers, messageOf(method.input, request)),
        catch: (error) => ConnectError.from(error)
      }).pipe(
        Effect.catch(read),
        Effect.flatMap(({ message }) => Effect.orDie(decode(plainOf(method.output, message)[as])))
      )
  }

/** A server that follows entries says at least every 10 seconds that it is there; one silent for this long is gone. */
const silence = "30 seconds"

const silent = new ConnectError("nothing was heard for 30 seconds", Code.Unavailable)

/** Declares a call that is answered by a stream, for as long as it is read: its method, and the items of its responses. */
const streamer =
  (transport: Transport, headers: Readonly<Record<string, string>>) =>
  <I extends DescMessage, O extends DescMessage, A>(
    method: DescMethodServerStreaming<I, O>,
    as: string,
    items: Schema.Codec<ReadonlyArray<A>, unknown>
  ) => {
    const decode = Schema.decodeUnknownEffect(items)
    const read = failed(() => Option.none<never>())
    return (request: unknown): Stream.Stream<A, LedgerUnavailable> =>
      Stream.unwrap(
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => new AbortController()),
            (call) => Effect.sync(() => call.abort())
          ),
          ({ signal }) =>
            Stream.fromAsyncIterable(
              responses(transport, method, signal, headers, messageOf(method.input, request)),
              (error) => ConnectError.from(error)
            ).pipe(
              Stream.timeoutOrElse({ duration: silence, orElse: () => Stream.fail(silent) }),
              Stream.catch((error) => Stream.fromEffect(read(error))),
              Stream.mapEffect((message) => Effect.orDie(decode(plainOf(method.output, message)[as]))),
              Stream.flatMap(Stream.fromArray)
            )
        )
      )
  }

/** The responses of a call without deadline, in their order. */
const responses = async function* <I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodServerStreaming<I, O>,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
  request: MessageShape<I>
) {
  const input = (async function* () {
    yield request
  })()
  const { message } = await transport.stream(method, signal, 0, headers, input)
  yield* message
}

const SubmitErrors = Schema.Union([Rejection.Rejection, IdempotencyConflict, LedgerOverloaded, LedgerUnavailable])

const make = Effect.fn("rpc.ledgerClient")(function* (options: Options) {
  const { baseUrl, token, timeoutMillis = 10_000 } = options
  const sessionManager = yield* Effect.acquireRelease(
    Effect.sync(() => new Http2SessionManager(baseUrl)),
    (session) => Effect.sync(() => session.abort())
  )
  const transport = createGrpcTransport({ baseUrl, sessionManager, defaultTimeoutMs: timeoutMillis })
  const authorization = { authorization: `Bearer ${token}` }
  const call = caller(transport, authorization)
  const follow = streamer(transport, authorization)
  const { method } = LedgerService

  const submit = call(method.submit, "receipt", Receipt.Receipt, SubmitErrors)
  const accounts = call(method.getAccounts, "accounts", Schema.Array(LedgerAccount.LedgerAccount), LedgerUnavailable)
  const transaction = call(
    method.getTransaction,
    "transaction",
    Transaction.Transaction,
    Schema.Union([Rejection.TransactionNotFound, LedgerUnavailable])
  )
  const hold = call(method.getHold, "hold", Hold.Hold, Schema.Union([Rejection.HoldNotFound, LedgerUnavailable]))
  const entries = call(method.listEntries, "entries", Schema.Array(Transaction.BookedEntry), LedgerUnavailable)
  const search = call(method.searchEntries, "page", EntryPage, LedgerUnavailable)
  const balanceByValueDate = call(method.getBalanceByValueDate, "minor", Schema.BigIntFromString, LedgerUnavailable)
  const followed = follow(method.followEntries, "entries", Schema.Array(Transaction.BookedEntry))
  const expireHolds = call(method.expireHolds, "expired", Schema.Int, LedgerUnavailable)

  const encodeInstruction = Schema.encodeSync(Instruction)
  const encodeSearch = Schema.encodeSync(EntrySearch)
  const encodeQuery = Schema.encodeSync(EntryQuery)
  const pagesOf = (ids: ReadonlyArray<AccountId>): ReadonlyArray<ReadonlyArray<AccountId>> =>
    Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, page) => ids.slice(page * idsMax, (page + 1) * idsMax))

  const submitOne = Effect.fn("Ledger.submit")((instruction: Instruction) =>
    submit({ instruction: encodeInstruction(instruction) })
  )

  return Ledger.of({
    submit: submitOne,
    submitMany: submitEach(submitOne, callsAtOnce),
    accounts: Effect.fn("Ledger.accounts")((ids) =>
      Effect.map(
        Effect.forEach(pagesOf(ids), (page) => accounts({ ids: page }), { concurrency: pagesAtOnce }),
        (pages) => pages.flat()
      )
    ),
    transaction: Effect.fn("Ledger.transaction")((id) => transaction({ id })),
    hold: Effect.fn("Ledger.hold")((id) => hold({ id })),
    entries: Effect.fn("Ledger.entries")((query) => entries(encodeQuery(query))),
    search: Effect.fn("Ledger.search")((query) => search(encodeSearch(query))),
    balanceByValueDate: Effect.fn("Ledger.balanceByValueDate")((accountId, valueDate) =>
      balanceByValueDate({ accountId, valueDate })
    ),
    follow: (accountId, after) => followed({ accountId, after }),
    expireHolds: expireHolds({})
  })
})

/** The ledger behind a LedgerService; the connection opens with the first call and closes with the layer. */
export const layer = (options: Options): Layer.Layer<Ledger> => Layer.effect(Ledger, make(options))
