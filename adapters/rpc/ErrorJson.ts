/** Typed errors as JSON, so that a client of the bank's own raises the very error that the server did. */
import { Option, Schema } from "effect"
import { OwnerNotFound } from "../../application/access/index.ts"
import { OwnerRequired } from "../../application/accounts/index.ts"
import type { ApplicationError } from "../../application/errors/index.ts"
import { BatchRejected, StatementTooLong } from "../../application/ledger/index.ts"
import { AccountStoreUnavailable } from "../../application/ports/AccountStore.ts"
import { AuditUnavailable } from "../../application/ports/AuditLog.ts"
import { Unauthenticated } from "../../application/ports/Caller.ts"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { LedgerOverloaded, LedgerUnavailable } from "../../application/ports/Ledger.ts"
import { LedgerTreeUnfinished } from "../../application/ports/LedgerTree.ts"
import { Account, Product } from "../../domain/accounts/index.ts"
import { Permission } from "../../domain/identity/index.ts"
import { Rejection } from "../../domain/ledger/index.ts"
import { OutOfTree } from "../../domain/proofs/index.ts"

const KnownError = Schema.Union([
  Rejection.Rejection,
  Account.Rejection,
  IdempotencyConflict,
  LedgerOverloaded,
  LedgerUnavailable,
  AccountStoreUnavailable,
  StatementTooLong,
  LedgerTreeUnfinished,
  OutOfTree,
  BatchRejected,
  Unauthenticated,
  AuditUnavailable,
  OwnerNotFound,
  OwnerRequired,
  Permission.Forbidden,
  Permission.StepUpRequired,
  Permission.KycLimitExceeded,
  Permission.DelegationLimitExceeded,
  Permission.ApprovalRequired,
  Product.UnknownProduct,
  UserStoreUnavailable
])

const encode = Schema.encodeUnknownOption(Schema.fromJsonString(KnownError))

/** The error with its fields: `{"_tag":"HoldNotFound","holdId":"hold_…"}`; its tag alone where no client raises it again. */
export const errorJsonOf = (error: ApplicationError): string =>
  Option.getOrElse(encode(error), () => JSON.stringify({ _tag: error._tag }))

/** Reads an error of a kind from its JSON; nothing where it is none of that kind. */
export const errorOf = <E>(schema: Schema.Codec<E, unknown>): ((json: string) => Option.Option<E>) =>
  Schema.decodeUnknownOption(Schema.fromJsonString(schema))
