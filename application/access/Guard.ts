import type { Effect } from "effect"
import type { Permission, Policy } from "../../domain/identity/index.ts"
import type { AccountId, CustomerId, UserId } from "../../domain/ids/index.ts"
import type { Money } from "../../domain/money/index.ts"
import type { ApplicationError } from "../errors/index.ts"
import type { AccountStore } from "../ports/AccountStore.ts"
import type { ApprovalStore } from "../ports/ApprovalStore.ts"
import type { Caller } from "../ports/Caller.ts"
import type { DelegationStore } from "../ports/DelegationStore.ts"
import type { Ledger } from "../ports/Ledger.ts"
import type { UserStore } from "../ports/UserStore.ts"

/** What guards read to learn what a command acts on. */
export type GuardServices = AccountStore | ApprovalStore | DelegationStore | Ledger | UserStore

/** An account that a command acts on, and what it moves. */
export interface TargetAccount {
  readonly account: AccountId
  readonly amount?: Money.Money
  /** Whether that is cash. */
  readonly isCash?: boolean
}

/** What a command acts on. Of several objects all must be within the caller's reach, unless `some` does. */
export interface Target {
  readonly accounts?: ReadonlyArray<TargetAccount>
  readonly customers?: ReadonlyArray<CustomerId>
  readonly users?: ReadonlyArray<UserId>
  /** Objects whose owner is known already. */
  readonly facts?: ReadonlyArray<Permission.Facts>
  readonly needs?: "all" | "some"
  /** What the command does besides, which its caller must be permitted too. */
  readonly also?: ReadonlyArray<Policy.Operation>
  /** For the audit log; the ids above where it is not given. */
  readonly ids?: ReadonlyArray<string>
}

/** The guard before a use case: which row of the policy's table it is, and what a command of it acts on. */
export interface Guard<C> {
  readonly operation: Policy.Operation
  readonly target: (command: C, caller: Caller) => Effect.Effect<Target, ApplicationError, GuardServices>
  /** How the object at `index`, which the caller may not know of, is answered: as one that does not exist. */
  readonly hidden: (command: C, index: number) => ApplicationError
  /** The object as it is before the command, for the audit log. */
  readonly before?: (command: C) => Effect.Effect<unknown, ApplicationError, GuardServices>
  /** Whether the answer, which holds no secret and is no batch, goes to the audit log. */
  readonly recordsAnswer: boolean
}
