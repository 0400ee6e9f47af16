import type { Command, Rejection } from "../../../domain/ledger/index.ts"
import type { Sequence } from "./random.ts"

type CommandTag = Command.Command["_tag"]
// The dice do not come to the limit of linked entries; examples do.
type RejectionTag = Exclude<Rejection.Rejection["_tag"], "LinkedTooLong">

/** How often each command was asked, each rejection answered, and what else sequences consist of. */
export interface Tally {
  readonly commands: Record<CommandTag, number>
  readonly rejections: Record<RejectionTag, number>
  /** `linked` are accepted commands that were linked; `retries` are requests answered as before, `conflicts` those of a
   * used key; `batches` are times. */
  readonly others: Record<
    "requests" | "accepted" | "linked" | "retries" | "conflicts" | "batches" | "sequences",
    number
  >
}

/** Nothing seen yet. The compiler sees that no tag is missing. */
export const emptyTally = (): Tally => ({
  commands: {
    OpenAccount: 0,
    ConfigureAccount: 0,
    CloseAccount: 0,
    Post: 0,
    Authorize: 0,
    Capture: 0,
    Release: 0,
    Reverse: 0,
    Linked: 0
  },
  rejections: {
    AccountAlreadyExists: 0,
    AccountNotFound: 0,
    AccountClosed: 0,
    AccountRestricted: 0,
    AccountCurrencyMismatch: 0,
    CurrencyMismatch: 0,
    InsufficientFunds: 0,
    BalanceOverflow: 0,
    Unbalanced: 0,
    HoldAlreadyExpired: 0,
    HoldNotFound: 0,
    HoldEnded: 0,
    CaptureExceedsHold: 0,
    HoldsOutstanding: 0,
    BalanceOutstanding: 0,
    TransactionNotFound: 0,
    NotReversible: 0,
    PartialReversalUnsupported: 0,
    ReversalExceedsTransaction: 0,
    LinkedRejected: 0
  },
  others: { requests: 0, accepted: 0, linked: 0, retries: 0, conflicts: 0, batches: 0, sequences: 0 }
})

/** Counts a sequence and what the model answers to it. */
export const count = ({ commands, rejections, others }: Tally, { steps, answers }: Sequence): void => {
  const keys = new Set<string>()
  for (const [index, { key, command }] of steps.entries()) {
    const answer = answers[index]
    if (answer === undefined) continue
    commands[command._tag] += 1
    if (answer === "conflict") others.conflicts += 1
    else if (keys.has(key)) others.retries += 1
    else if (answer instanceof Error) {
      if (answer._tag !== "LinkedTooLong") rejections[answer._tag] += 1
    } else {
      others.accepted += 1
      if (answer._tag === "LinkedApplied") others.linked += answer.receipts.length
    }
    keys.add(key)
  }
  others.requests += steps.length
  others.batches += new Set(steps.map((step) => step.batch)).size
  others.sequences += 1
}

/** The counts as text: a line for each kind. */
export const printed = ({ commands, rejections, others }: Tally): string => {
  const line = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, number]) => `${name} ${number}`)
      .join(", ")
  return [line(others), `commands: ${line(commands)}`, `rejections: ${line(rejections)}`].join("\n")
}
