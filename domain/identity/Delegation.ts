import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId, DelegationId } from "../ids/index.ts"
import { Money } from "../money/index.ts"

/** What a delegate may do: see; also move money; also change and close. Each includes the ones before. */
export const Right = Schema.Literals(["view", "transact", "manage"])
export type Right = typeof Right.Type

const rank: Readonly<Record<Right, number>> = { view: 0, transact: 1, manage: 2 }

/** Whether a right includes another. */
export const includes = (right: Right, needed: Right): boolean => rank[right] >= rank[needed]

/** Why: a joint account, a power of attorney, or a signatory of a business. */
export const Kind = Schema.Literals(["joint_holder", "power_of_attorney", "signatory"])
export type Kind = typeof Kind.Type

/**
 * What the owner of accounts lets another customer do with one of them, or with all where `account` is not given, from
 * `startsAt` until `endsAt`, both included and excluded as usual. `amountMax` bounds one transaction.
 */
export const Delegation = Schema.Struct({
  id: DelegationId,
  grantor: CustomerId,
  grantee: CustomerId,
  account: Schema.optionalKey(AccountId),
  kind: Kind,
  right: Right,
  amountMax: Schema.optionalKey(Money.Positive),
  startsAt: Instant.Instant,
  endsAt: Schema.optionalKey(Instant.Instant),
  revokedAt: Schema.optionalKey(Instant.Instant)
})
export type Delegation = typeof Delegation.Type

/** Whether a delegation is in force. */
export const isInForce = ({ startsAt, endsAt, revokedAt }: Delegation, now: Instant.Instant): boolean =>
  startsAt <= now && (endsAt === undefined || now < endsAt) && revokedAt === undefined

/** A customer cannot delegate to itself. */
export class DelegationToSelf extends Schema.TaggedError<DelegationToSelf>()("DelegationToSelf", {}) {}

/** The end asked for is not after the start. */
export class DelegationEndsBeforeStart extends Schema.TaggedError<DelegationEndsBeforeStart>()(
  "DelegationEndsBeforeStart",
  {}
) {}

/** Checks a new delegation. Errors, first wins: DelegationToSelf, DelegationEndsBeforeStart. */
export const make = (
  delegation: Delegation
): Result.Result<Delegation, DelegationToSelf | DelegationEndsBeforeStart> => {
  const { grantor, grantee, startsAt, endsAt } = delegation
  if (grantor === grantee) return Result.fail(new DelegationToSelf({}))
  if (endsAt !== undefined && endsAt <= startsAt) return Result.fail(new DelegationEndsBeforeStart({}))
  return Result.succeed(delegation)
}
