/**
 * Digests by which a retry is told from another request: the first 16 bytes of SHA-256, in hexadecimal digits, so that
 * they are stored as UUIDs. To find another key or command with the digest of a given one takes 2¹²⁸ attempts.
 */
import type { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import type { Command, Transaction } from "../../../domain/ledger/index.ts"
import type { Money } from "../../../domain/money/index.ts"

// Used again for each text: what is in it is printed before the function returns.
const hashed = Buffer.alloc(Bun.SHA256.byteLength)

const digest = (text: string): string => {
  Bun.SHA256.hash(text, hashed)
  return hashed.toString("hex", 0, 16)
}

/** What a key is stored and found by. */
export const keyDigest = (key: IdempotencyKey): string => digest(key)

const money = (amount: Money.Money | undefined): string =>
  amount === undefined ? "-" : `${amount.minor}${amount.currency}`

const order = ([left]: readonly [string, string], [right]: readonly [string, string]): number =>
  left < right ? -1 : left > right ? 1 : 0

/** Free texts are quoted, so that no text can read like two fields; the order of metadata has no meaning. */
const free = (head: {
  readonly valueDate?: string
  readonly description?: string
  readonly metadata?: Transaction.Metadata
}): string => {
  const metadata = head.metadata === undefined ? "-" : JSON.stringify(Object.entries(head.metadata).sort(order))
  const description = head.description === undefined ? "-" : JSON.stringify(head.description)
  return `${head.valueDate ?? "-"} ${description} ${metadata}`
}

/** A text that is the same for equal commands only. */
export const canonical = (command: Command.Command): string => {
  switch (command._tag) {
    case "OpenAccount":
      return `OpenAccount ${command.accountId} ${command.kind} ${command.currency} ${command.normalSide} ${money(command.overdraftLimit)} ${command.revision}`
    case "ConfigureAccount":
      return `ConfigureAccount ${command.accountId} ${money(command.overdraftLimit)} ${command.restriction} ${command.revision}`
    case "CloseAccount":
      return `CloseAccount ${command.accountId} ${command.sweepTo ?? "-"} ${command.revision}`
    case "Post": {
      const words = ["Post", command.kind, `${command.legs.length}`]
      let last: Money.Money | undefined
      let text = ""
      for (const { accountId, side, amount } of command.legs) {
        // Most transactions are one amount on two sides.
        if (amount !== last) text = money(amount)
        last = amount
        words.push(accountId, side, text)
      }
      words.push(free(command))
      return words.join(" ")
    }
    case "Authorize":
      return `Authorize ${command.debitAccountId} ${command.creditAccountId} ${money(command.amount)} ${command.expiresAt ?? "-"} ${free(command)}`
    case "Capture":
      return `Capture ${command.holdId} ${money(command.amount)} ${command.keepRest} ${free(command)}`
    case "Release":
      return `Release ${command.holdId}`
    case "Reverse":
      return `Reverse ${command.transactionId} ${money(command.amount)} ${free(command)}`
    case "Linked":
      return `Linked ${command.commands.length} ${command.commands.map(canonical).join(" ")}`
  }
}

/** The digest of a command. */
export const fingerprintOf = (command: Command.Command): string => digest(canonical(command))
