/**
 * How long a login waits after failed ones. A stranger must not guess on, and must not lock anyone out either: a device
 * that has logged in before is counted by itself, so that what others do elsewhere never keeps it waiting.
 */
import type { Instant } from "../calendar/index.ts"

/** Failures that are counted under a name: up to `free` of them cost nothing, each one more doubles the wait. */
export interface Bound {
  readonly name: string
  readonly free: number
}

/** What is counted of an attempt: under `own` every one until it succeeds, under `wide` those that failed. */
export interface Bounds {
  readonly own: Bound
  readonly wide: ReadonlyArray<Bound>
}

/** What was counted under a name lately. */
export interface Failures {
  readonly count: number
  readonly lastAt: Instant.Instant | undefined
}

/** Failures without a wait of one user from one address or known device (NIST SP 800-63B-4, 3.2.2). */
export const freeOfOwn = 5

/** Of all users from one address, behind which there may be many. */
export const freeOfAddress = 50

/** Of one user from all addresses and devices that are not known. */
export const freeOfUser = 200

/** The first wait, and the longest: as long as failures are counted. */
export const waitMillisMin = 1000
export const waitMillisMax = 15 * 60_000

/**
 * The names under which an attempt counts. `user` is whoever is to log in, whether there is such a user or not; `device`
 * the digest of the secret of a device on which that user logged in before.
 */
export const boundsOf = (attempt: {
  readonly user: string
  readonly source: string
  readonly device?: string | undefined
}): Bounds => {
  const { user, source, device } = attempt
  if (device !== undefined) return { own: { name: `device ${device} ${user}`, free: freeOfOwn }, wide: [] }
  return {
    own: { name: `from ${source} ${user}`, free: freeOfOwn },
    wide: [
      { name: `from ${source}`, free: freeOfAddress },
      { name: `user ${user}`, free: freeOfUser }
    ]
  }
}

/** How long after the last of so many failures the next attempt is taken. */
export const waitMillis = (count: number, free: number): number =>
  count < free ? 0 : Math.min(waitMillisMin * 2 ** Math.min(count - free, 30), waitMillisMax)

/** How much of the wait is left; 0 where the next attempt is taken now. */
export const remainingMillis = ({ count, lastAt }: Failures, free: number, now: Instant.Instant): number =>
  lastAt === undefined ? 0 : Math.max(0, lastAt + waitMillis(count, free) - now)

/**
 * Whether others of the same name came between the count `before` an attempt and the one that includes it, more of them
 * than are free: many attempts at once are no more than many in a row.
 */
export const isOvertaken = (before: number, counted: number, free: number): boolean =>
  counted > Math.max(free, before + 1)

const groupsOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(":"))

/**
 * Where an address comes from: itself, or of IPv6 the /64 that one subscriber has (RFC 6177), in which it has 2⁶⁴ addresses
 * to choose from. What is no address stays as it is; an unknown one is `unknown`.
 */
export const sourceOf = (address: string | undefined): string => {
  if (address === undefined) return "unknown"
  const [plain = ""] = address.toLowerCase().split("%")
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/u.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!plain.includes(":")) return plain
  const [head = "", tail] = plain.split("::")
  const [first, last] = [groupsOf(head), groupsOf(tail ?? "")]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/u, ""))
    .join(":")}::/64`
}
