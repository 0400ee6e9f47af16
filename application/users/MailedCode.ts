import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Lockout } from "../../domain/identity/index.ts"
import { LoginThrottle } from "../ports/UserStore.ts"
import { admitAttempt, boundOf } from "./Throttling.ts"

/** Digits of a code that is mailed: with 5 attempts, one in 20 million to guess. */
export const codeDigits = 8

/** How often a code is tried. */
export const codeAttempts = 5

/** How long a mailed code is good for, and a mailed token, in milliseconds. */
export const codeMillis = 60 * 60_000
export const tokenMillis = 30 * 60_000

/** A code as it is typed. */
export const MailedCode = Schema.String.check(Schema.isPattern(/^\d{6,8}$/u, { expected: "6 to 8 digits" }))

/** The digest of a code goes with what it is a code of, so that it tells nothing elsewhere. */
export const codeText = (of: string, code: string): string => `${of} ${code}`

/** Mails that anyone may cause from one address, and to one address, within the throttle's window, before a wait. */
const freeOfSource = 20
const freeOfMailbox = 5

/** Takes a request by anyone for a mail, of a bounded number from one address. Errors: LoginThrottled, UserStoreUnavailable. */
export const admitMail = (address: string | undefined) =>
  admitAttempt(boundOf(`mails from ${Lockout.sourceOf(address)}`, freeOfSource))

/** Whether one more mail goes to an address now. It is not told: who asks does not know whose it is. Errors: UserStoreUnavailable. */
export const mayMail = Effect.fnUntraced(function* (mailbox: string) {
  const throttle = yield* LoginThrottle
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const name = `mails to ${mailbox}`
  const [before] = yield* throttle.failures([name], now)
  if (before !== undefined && Lockout.remainingMillis(before, freeOfMailbox, now) > 0) return false
  yield* throttle.failed([name], now)
  return true
})
