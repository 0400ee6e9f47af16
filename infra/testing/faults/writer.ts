/** The process of one writer: does what its input says, a line each, and answers on its output. Ends with its input. */
import { createInterface } from "node:readline"
import { Effect, Layer, ManagedRuntime, Result } from "effect"
import { layer as ids } from "../../../adapters/ids/index.ts"
import { Ledger, Postgres } from "../../../adapters/postgres/index.ts"
import { Ledger as LedgerPort, LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { canonical } from "../reference/canonical.ts"
import { statementTimeoutMs } from "./bounds.ts"
import { decodeOrder, encodeReply, type Order, type Reply } from "./Wire.ts"

const layerOf = (url: string, ledgerId: LedgerId) =>
  Ledger.layer({
    ledgerId,
    batchMax: 8,
    accountsCachedMax: 4,
    accountsPackedMax: 8,
    answersKeptMax: 8,
    closeTimeoutMs: 1000
  }).pipe(
    Layer.provide(Postgres.layer({ url, statementTimeoutMs, connectTimeoutMs: statementTimeoutMs })),
    Layer.provide(ids)
  )

let running: ManagedRuntime.ManagedRuntime<LedgerPort, LedgerUnavailable> | undefined

const refused = (turn: number, error: { readonly _tag: string }): Reply => ({
  _tag: "Refused",
  turn,
  tag: error._tag,
  text: canonical(error)
})

const failed = (turn: number, cause: unknown): Reply => refused(turn, new LedgerUnavailable({ reason: String(cause) }))

const close = async (): Promise<void> => {
  const closing = running
  running = undefined
  await closing?.dispose()
}

/** The last opening or closing: the next one waits for it. */
let changing: Promise<unknown> = Promise.resolve()

const inTurn = <A>(work: () => Promise<A>): Promise<A> => {
  const done = changing.then(work)
  changing = done.catch(() => {})
  return done
}

const open = async (url: string, ledgerId: LedgerId): Promise<void> => {
  await close()
  const opened = ManagedRuntime.make(layerOf(url, ledgerId))
  running = opened
  await opened.runPromise(Effect.void)
}

const obey = async (order: Order): Promise<Reply> => {
  const { turn } = order
  switch (order._tag) {
    case "Open":
      await inTurn(() => open(order.url, order.ledgerId))
      return { _tag: "Done", turn }
    case "Submit": {
      if (running === undefined) return failed(turn, "no ledger is open")
      const ledger = await running.runPromise(LedgerPort)
      const answer = await Effect.runPromise(Effect.result(ledger.submit(order.instruction)))
      return Result.isSuccess(answer)
        ? { _tag: "Accepted", turn, receipt: answer.success }
        : refused(turn, answer.failure)
    }
    case "Close":
      await inTurn(close)
      return { _tag: "Done", turn }
  }
}

const input = createInterface({ input: process.stdin })
input.on("line", (line) => {
  const order = decodeOrder(line)
  void obey(order)
    .catch((cause: unknown) => failed(order.turn, cause))
    .then((reply) => process.stdout.write(`${encodeReply(reply)}\n`))
})
input.on("close", () => process.exit(0))
