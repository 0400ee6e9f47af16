/** Follows one connection: which exchange of statement and answer each message belongs to, and what that is for. */
import { copiesOf, type Message, scriptOf, twoTexts } from "./frames.ts"
import type { From, Phase } from "./Trap.ts"

/**
 * Statements and their answer: the writer's messages up to Sync, or of a script up to the end of its last copy's data, the
 * server's up to ReadyForQuery.
 */
export interface Exchange {
  phase: Phase
  /** Copies of the script whose data has not ended. */
  copies: number
  /** Messages seen of each side. */
  readonly seen: Record<From, number>
  /** Let through by a trap that waits for a later one. */
  isSkipped: boolean
}

/** What is remembered of a writer beyond one connection. */
export interface Claims {
  /** Has the writer had the ledger before, so that its next session settles lost requests? */
  isAgain: boolean
}

export interface Exchanges {
  /** The exchange that the message belongs to, with the message counted; undefined for one that belongs to none. */
  readonly of: (from: From, message: Message) => Exchange | undefined
}

/** Whether the message, which the exchange has counted, is its side's last of it. */
export const isLast = (from: From, { letter }: Message, { copies }: Exchange): boolean => {
  if (from === "server") return letter === "Z"
  return letter === "S" || letter === "*" || ((letter === "Q" || letter === "c") && copies === 0)
}

const begun = (phase: Phase): Exchange => ({ phase, copies: 0, seen: { writer: 0, server: 0 }, isSkipped: false })

/** Reads by which lost requests are settled: the first look for keys after a takeover anew, and what follows. */
const settlingReads = 2

/** Reads of what was asked for take its keys as an array; a session that opens reads without any. */
const looksForKeys = (text: string): boolean => text.includes("asked (key)")

export const exchangesOf = (claims: Claims): Exchanges => {
  const texts = new Map<string, string>()
  const unanswered: Array<Exchange> = []
  let asking: Exchange | undefined
  let name = ""
  /** Reads since the first look for keys, which ends the recovery. */
  let reads = 0

  const readPhase = (text: string): Phase => {
    if (reads > 0 || looksForKeys(text)) reads += 1
    if (reads === 0) return "recovery"
    return claims.isAgain && reads <= settlingReads ? "settling" : "lookup"
  }

  const takeoverPhase = (text: string): Phase => {
    claims.isAgain = !text.startsWith("insert")
    return claims.isAgain ? "retake" : "takeover"
  }

  const phaseOf = (text: string): Phase => {
    if (text.includes("epoch + 1")) return takeoverPhase(text)
    if (name.includes("ledger lookup")) return readPhase(text)
    if (!name.includes("ledger writer")) return "other"
    return text.includes("ledger.fence(") ? "append" : "recovery"
  }

  const textOf = (message: Message): string | undefined => {
    if (message.letter === "Q") return scriptOf(message)
    if (message.letter !== "P" && message.letter !== "B") return undefined
    const [first, second] = twoTexts(message)
    if (message.letter === "B") return texts.get(second)
    texts.set(first, second)
    return second
  }

  const classify = (exchange: Exchange, message: Message): void => {
    const text = textOf(message)
    if (text !== undefined && exchange.phase === "other") exchange.phase = phaseOf(text)
  }

  const ofWriter = (message: Message): Exchange | undefined => {
    if (message.letter === "X") return undefined
    if (asking === undefined) {
      asking = begun(message.letter === "*" ? "startup" : "other")
      unanswered.push(asking)
    }
    const exchange = asking
    if (message.letter === "*") name = message.bytes.toString("latin1")
    else classify(exchange, message)
    if (message.letter === "Q") exchange.copies = copiesOf(message)
    if (message.letter === "c") exchange.copies -= 1
    if (isLast("writer", message, exchange)) asking = undefined
    return exchange
  }

  return {
    of: (from, message) => {
      const exchange = from === "writer" ? ofWriter(message) : unanswered[0]
      if (exchange === undefined) return undefined
      exchange.seen[from] += 1
      if (from === "server" && isLast(from, message, exchange)) unanswered.shift()
      return exchange
    }
  }
}
