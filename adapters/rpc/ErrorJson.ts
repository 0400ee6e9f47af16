/** Typed errors as JSON, so that a client of the bank's own raises the very error that the server did. */
import { type Option, Schema } from "effect"
import type { ApplicationError } from "../../application/errors/index.ts"
import { BatchRejected, StatementTooLong } from "../../application/ledger/index.ts"
import { AccountStoreUnavailable } from "../../application/ports/AccountStore.ts"
import { Unauthenticated } from "../../application/ports/Caller.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { LedgerOverloaded, LedgerUnavailable } from "../../application/ports/Ledger.ts"
import { LedgerTreeUnfinished } from "../../application/ports/LedgerTree.ts"
import { Account } from "../../domain/accounts/index.ts"
import { Rejection } from "../../domain/ledger/index.ts"
import { OutOfTree } from "../../domain/proofs/index.ts"

const AnyError: Schema.Codec<ApplicationError, unknown> = Schema.Union([
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
  Unauthenticated
])

const encode = Schema.encodeSync(Schema.fromJsonString(AnyError))

/** The error with its fields: `{"_tag":"HoldNotFound","holdId":"hold_…"}`. */
export const errorJsonOf = (error: ApplicationError): string => encode(error)

/** Reads an error of a kind from its JSON; nothing where it is none of that kind. */
export const errorOf = <E>(schema: Schema.Codec<E, unknown>): ((json: string) => Option.Option<E>) =>
  Schema.decodeUnknownOption(Schema.fromJsonString(schema))
