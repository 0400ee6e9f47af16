import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Instruction } from "../../../application/ports/Ledger.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { patienceMs } from "./bounds.ts"
import { decodeReply, encodeOrder, type Order, type Reply } from "./Wire.ts"

/** What came of an order: the process's reply, or nothing because the process died first. */
export type Outcome = Reply | "dead"

/** A process that can write a ledger, seen from outside: nothing is known of it but what it said. */
export interface WriterProcess {
  readonly open: (url: string, ledgerId: LedgerId) => Promise<Outcome>
  readonly submit: (instruction: Instruction) => Promise<Outcome>
  readonly close: () => Promise<Outcome>
  readonly pause: () => void
  readonly resume: () => void
  readonly kill: () => void
  readonly isAlive: () => boolean
  readonly isPaused: () => boolean
  /** Orders that were given and have no reply. */
  readonly pending: () => number
}

const script = fileURLToPath(new URL("writer.ts", import.meta.url))

/** Starts a process. What it says to people goes to `tell`. */
export const startWriter = (tell: (text: string) => void): WriterProcess => {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "pipe"] })
  const waiting = new Map<number, (outcome: Outcome) => void>()
  let turn = 0
  let isAlive = true
  let isPaused = false

  createInterface({ input: child.stdout }).on("line", (line) => {
    // Effect's logger writes its lines to the same output.
    if (!line.startsWith("{")) return tell(line)
    const reply = decodeReply(line)
    waiting.get(reply.turn)?.(reply)
    waiting.delete(reply.turn)
  })
  child.stderr.on("data", (chunk: Buffer) => tell(chunk.toString()))
  child.stdin.on("error", () => {})
  const killAtExit = () => child.kill("SIGKILL")
  process.once("exit", killAtExit)
  // After "close" nothing that the process said is still on its way.
  child.once("close", () => {
    isAlive = false
    process.removeListener("exit", killAtExit)
    for (const resolve of waiting.values()) resolve("dead")
    waiting.clear()
  })

  const order = (make: (turn: number) => Order): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      if (!isAlive) return resolve("dead")
      const of = ++turn
      const late = setTimeout(() => reject(new Error(`a writer said nothing for ${patienceMs} ms`)), patienceMs)
      waiting.set(of, (outcome) => {
        clearTimeout(late)
        resolve(outcome)
      })
      child.stdin.write(`${encodeOrder(make(of))}\n`)
    })

  return {
    open: (url, ledgerId) => order((of) => ({ _tag: "Open", turn: of, url, ledgerId })),
    submit: (instruction) => order((of) => ({ _tag: "Submit", turn: of, instruction })),
    close: () => order((of) => ({ _tag: "Close", turn: of })),
    pause: () => {
      isPaused = isAlive && child.kill("SIGSTOP")
    },
    resume: () => {
      if (isPaused) child.kill("SIGCONT")
      isPaused = false
    },
    kill: () => {
      isPaused = false
      child.kill("SIGKILL")
    },
    isAlive: () => isAlive,
    isPaused: () => isPaused,
    pending: () => waiting.size
  }
}
