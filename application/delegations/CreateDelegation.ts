import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Delegation } from "../../domain/identity/index.ts"
import { AccountId, CustomerId, DelegationId, TypedId } from "../../domain/ids/index.ts"
import { Rejection } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ids } from "../ports/Ids.ts"
import { CustomerRequired } from "./CustomerRequired.ts"

/**
 * Lets `grantee` use an account of `grantor`, or all of them where none is named. The grantor is the caller unless it is
 * named, and the delegation begins now unless a start is.
 */
export const CreateDelegation = Schema.Struct({
  grantor: Schema.optionalKey(CustomerId),
  grantee: CustomerId,
  account: Schema.optionalKey(AccountId),
  kind: Delegation.Kind,
  right: Delegation.Right,
  amountMax: Schema.optionalKey(Money.Positive),
  startsAt: Schema.optionalKey(Instant.Instant),
  endsAt: Schema.optionalKey(Instant.Instant)
})
export type CreateDelegation = typeof CreateDelegation.Type

const fingerprintOf = Schema.encodeSync(Schema.fromJsonString(CreateDelegation))

/** A bound in another currency than the account's would let nothing through. */
const checkAccount = Effect.fnUntraced(function* ({ grantor, account, amountMax }: Delegation.Delegation) {
  if (account === undefined) return
  const { owner, currency } = yield* (yield* AccountStore).find(account)
  if (owner !== grantor) return yield* Effect.fail(new Rejection.AccountNotFound({ accountId: account }))
  if (amountMax !== undefined && amountMax.currency !== currency)
    return yield* Effect.fail(new Money.CurrencyMismatch({ expected: currency, actual: amountMax.currency }))
})

/**
 * The answer is the same for every retry of the key. Errors, first wins: CustomerRequired, DelegationToSelf,
 * DelegationEndsBeforeStart, AccountNotFound, CurrencyMismatch, IdempotencyConflict, then those of the stores.
 */
export const createDelegation = Effect.fn("delegations.create")(function* (
  command: CreateDelegation,
  key: IdempotencyKey,
  caller: CustomerId | undefined
) {
  const grantor = command.grantor ?? caller
  if (grantor === undefined) return yield* Effect.fail(new CustomerRequired({}))
  const delegations = yield* DelegationStore
  const ids = yield* Ids
  const millis = yield* Clock.currentTimeMillis
  const delegation = yield* Effect.fromResult(
    Delegation.make({
      ...command,
      id: DelegationId.make(TypedId.fromBytes("dlg", ids.next(millis))),
      grantor,
      startsAt: command.startsAt ?? Instant.fromMillis(millis)
    })
  )
  yield* checkAccount(delegation)
  return yield* delegations.insert(key, delegation, fingerprintOf({ ...command, grantor }))
})
