/**
 * A connection on which scripts are sent one behind the other, each with the data of its binary copies, without waiting for
 * anything: one flight for each script. The driver opens it; from then on it speaks the simple query protocol itself.
 *
 * Data cannot get into the wrong copy. It goes before the next script, and a server that has given a script up, before or in
 * one of its copies, reads on and ignores data until it comes to the next script.
 *
 * Gotcha: a copy that waits for data waits for ever: `statement_timeout` does not end it, only the end of the connection.
 * What holds locks that others wait for belongs behind the copies.
 */
import type { Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { messagesOf, type Reply, replies, terminate } from "./ChannelMessages.ts"
import { openSocket } from "./ChannelSocket.ts"
import { type ConnectionOptions, type PostgresOptions, patienceMsOf, timeoutMsOf } from "./Driver.ts"
import { failureOf, PostgresUnavailable, reasonOf, serverError, withoutValues } from "./Failure.ts"

export interface Channel {
  /**
   * Runs any number of statements without parameters in one transaction, sent at once and behind what was sent before;
   * succeeds when the server has ended the transaction. `copies` are the data of its `copy … from stdin binary`, in their
   * order, each whole from signature to trailer (`CopyBinary.ts`) and not to be changed before the end. A script that fails
   * leaves those behind it alone. How many may be under way is for the caller to bound.
   *
   * Errors: `PostgresUnavailable`; for all that have no answer, and from then on, when the connection is lost.
   */
  readonly script: (text: string, copies?: ReadonlyArray<Uint8Array>) => Effect.Effect<void, PostgresUnavailable>
}

/** A script that has no answer. */
interface Sent {
  /** Copies that the server has not asked for. */
  copies: number
  failure: unknown
  readonly resume: (answer: Effect.Effect<void, PostgresUnavailable>) => void
}

/** Up to this many bytes, to copy a script's messages into one costs less than to have the runtime gather them. */
const joinedMax = 32 * 1024

/** How long a closed connection has to deliver its end. */
const lingerMs = 1000

const answerOf = ({ copies, failure }: Sent): Effect.Effect<void, PostgresUnavailable> => {
  if (failure !== undefined) return failureOf(failure)
  return copies === 0 ? Effect.void : Effect.die(new Error(`a script took ${copies} copies fewer than it had data for`))
}

/** Speaks to a server that waits for a query. `patienceMs` is how long the first script without an answer is waited for. */
const channelOver = (socket: Socket, patienceMs: number) => {
  const sent: Array<Sent> = []
  let lost: PostgresUnavailable | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let firstSince = 0

  const lose = (reason: string): boolean => {
    if (lost !== undefined) return false
    const failure = new PostgresUnavailable({ reason })
    lost = failure
    clearTimeout(timer)
    socket.destroy()
    for (const { resume } of sent.splice(0)) resume(Effect.fail(failure))
    return false
  }

  const watch = (waitMs: number): void => {
    timer = setTimeout(() => {
      timer = undefined
      if (sent.length === 0) return
      const leftMs = firstSince + patienceMs - performance.now()
      if (leftMs > 0) watch(leftMs)
      else lose(`no answer within ${patienceMs} ms`)
    }, waitMs)
    timer.unref()
  }

  const failed = (fields: Readonly<Record<string, string>>): boolean => {
    const failure = withoutValues(serverError(fields))
    const [first] = sent
    // The server closes the connection after any other severity.
    if (first === undefined || (fields.severity ?? fields.severity_local) !== "ERROR") return lose(reasonOf(failure))
    first.failure = failure
    return true
  }

  const finished = (): boolean => {
    const first = sent.shift()
    if (first === undefined) return lose("the server answered what was not asked")
    firstSince = performance.now()
    first.resume(answerOf(first))
    return lost === undefined
  }

  const copyWanted = (): boolean => {
    const [first] = sent
    if (first === undefined || first.copies === 0) return lose("the server waits for data that there is none of")
    first.copies -= 1
    return true
  }

  const take = (reply: Reply): boolean => {
    switch (reply._tag) {
      case "Ready":
        return finished()
      case "Failed":
        return failed(reply.fields)
      case "CopyWanted":
        return copyWanted()
      case "Surprise":
        return lose(reply.what)
    }
  }

  socket
    .removeAllListeners("data")
    .on("data", replies(take))
    .on("error", (cause) => lose(reasonOf(cause)))
    .on("end", () => lose("the server closed the connection"))
    .on("close", () => lose("the connection was closed"))

  const send = (text: string, copies: ReadonlyArray<Uint8Array>): void => {
    const pieces = [...messagesOf(text, copies)]
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length <= joinedMax) return void socket.write(Buffer.concat(pieces, length))
    socket.cork()
    for (const piece of pieces) socket.write(piece)
    socket.uncork()
  }

  return {
    script: (text: string, copies: ReadonlyArray<Uint8Array> = []) =>
      Effect.callback<void, PostgresUnavailable>((resume) => {
        if (lost !== undefined) return resume(Effect.fail(lost))
        if (sent.length === 0) firstSince = performance.now()
        sent.push({ copies: copies.length, failure: undefined, resume })
        send(text, copies)
        if (timer === undefined && patienceMs > 0) watch(patienceMs)
      }),
    /** Does not wait for answers, and what the system has not taken of a script yet is not sent any more. */
    close: () => {
      if (lost !== undefined || sent.length > 0) return void lose("the connection was closed")
      lost = new PostgresUnavailable({ reason: "the connection was closed" })
      clearTimeout(timer)
      socket.end(terminate)
      setTimeout(() => socket.destroy(), lingerMs).unref()
    }
  }
}

/** Opens a channel, which is closed with its scope. */
export const openChannel = (
  options: PostgresOptions,
  connection: ConnectionOptions
): Effect.Effect<Channel, PostgresUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(openSocket(options, connection), (socket) =>
      channelOver(socket, patienceMsOf(timeoutMsOf(options, connection)))
    ),
    ({ close }) => Effect.sync(close),
    { interruptible: true }
  )
