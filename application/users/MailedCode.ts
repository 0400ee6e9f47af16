import { Effect, Schema } from "effect"
import { Lockout } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { admitAttempt, admitOfDay, boundOf } from "./Throttling.ts"

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

/** Mails that go to one address within a day, whoever asks for them: a stranger's mailbox is not flooded. */
const mailsOfDayMax = 30

/** Takes a request by anyone for a mail, of a bounded number from one address. Errors: LoginThrottled, UserStoreUnavailable. */
export const admitMail = (address: string | undefined) =>
  admitAttempt(boundOf(`mails from ${Lockout.sourceOf(address)}`, freeOfSource))

/** Takes a request of a user for mail to whomever it names, of a bounded number. Errors: LoginThrottled, UserStoreUnavailable. */
export const admitMailBy = (user: UserId) => admitAttempt(boundOf(`mails by ${user}`, freeOfSource))

/**
 * Whether one more mail goes to an address now, from wherever the requests come. It is not told: who asks does not know
 * whose it is. Errors: UserStoreUnavailable.
 */
export const mayMail = (mailbox: string) =>
  admitAttempt(boundOf(`mails to ${mailbox}`, freeOfMailbox)).pipe(
    Effect.andThen(admitOfDay(`mails of the day to ${mailbox}`, mailsOfDayMax)),
    Effect.as(true),
    Effect.catchTag("LoginThrottled", () => Effect.succeed(false))
  )
