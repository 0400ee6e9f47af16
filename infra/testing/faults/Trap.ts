/** What a connection is doing, as its messages show. `settling` is the lookup of lost requests after a takeover anew. */
export type Phase = "startup" | "takeover" | "retake" | "recovery" | "settling" | "lookup" | "append" | "other"

/**
 * `cut` breaks the connection; `hole` lets it stand and loses what goes through from then on; `late` keeps what goes
 * through and delivers it later; `pause` stops the writer's process, to be woken later, and `kill` ends it.
 */
export type Fault = "cut" | "hole" | "late" | "pause" | "kill"

export type From = "writer" | "server"

/** Whether the message still arrives: not at all, the first half of its bytes, or the whole. */
export type Where = "before" | "within" | "after"

/** A fault at the `message`-th message (or the last) of an exchange, after `skip` others of its phase went through. */
export interface Trap {
  readonly fault: Fault
  readonly phase: Phase
  readonly from: From
  readonly where: Where
  readonly message: number
  readonly skip: number
  /** Does the fault strike all connections of the writer, or the one alone? */
  readonly strikesAll: boolean
}

export const phases = ["startup", "takeover", "retake", "recovery", "settling", "lookup", "append"] as const
export const sides = ["writer", "server"] as const
export const wheres = ["before", "within", "after"] as const

/** The trap's class, as the tally counts it. */
export const className = ({ fault, phase, from, where }: Pick<Trap, "fault" | "phase" | "from" | "where">): string =>
  `${fault} ${where} a message of ${phase} from the ${from}`
