import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { create, type DescEnum, type DescMessage, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf"
import * as fc from "fast-check"
import { Confidentiality, GrantType } from "../../application/clients/index.ts"
import { Approval } from "../../application/ports/ApprovalStore.ts"
import { AuditRecord } from "../../application/ports/AuditLog.ts"
import { Account } from "../../domain/accounts/index.ts"
import { Credentials, Delegation, Kyc, Role, Session, User } from "../../domain/identity/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { Hold, LedgerAccount, Side, Transaction } from "../../domain/ledger/index.ts"
import {
  ApprovalSchema,
  ApprovalStatusSchema,
  FileApprovalRequestSchema
} from "../../proto/gen/bank/access/v1/approval_service_pb.ts"
import { AuditOutcomeSchema } from "../../proto/gen/bank/access/v1/audit_service_pb.ts"
import { ConfidentialitySchema, GrantTypeSchema } from "../../proto/gen/bank/access/v1/client_service_pb.ts"
import { DelegationKindSchema, DelegationRightSchema } from "../../proto/gen/bank/access/v1/delegation_service_pb.ts"
import {
  AccountStatusSchema,
  FreezeSchema,
  OpenAccountResponseSchema,
  RenameAccountRequestSchema
} from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { InstructionSchema, ReceiptSchema } from "../../proto/gen/bank/ledger/v1/command_pb.ts"
import {
  BookedEntrySchema,
  HoldStatusSchema,
  LedgerAccountKindSchema,
  LedgerAccountSchema,
  RestrictionSchema,
  SideSchema,
  TransactionKindSchema
} from "../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import {
  GetAccountsResponseSchema,
  ListEntriesRequestSchema,
  SubmitRequestSchema,
  SubmitResponseSchema
} from "../../proto/gen/bank/ledger/v1/ledger_service_pb.ts"
import { TransferRequestSchema } from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import {
  AssuranceSchema,
  AuthenticationMethodSchema,
  SecondFactorLoginSchema,
  SecondFactorSchema
} from "../../proto/gen/bank/user/v1/session_service_pb.ts"
import { KycLevelSchema, KycStatusSchema, RoleSchema, UserStatusSchema } from "../../proto/gen/bank/user/v1/user_pb.ts"
import { messageOf, plainOf } from "./Codec.ts"

/** The plain JSON after a journey as bytes, and as JSON. */
const afterJourneys = (desc: DescMessage, plain: unknown): ReadonlyArray<unknown> => {
  const message = messageOf(desc, plain)
  return [
    plainOf(desc, fromBinary(desc, toBinary(desc, message))),
    plainOf(desc, fromJson(desc, toJson(desc, message)))
  ]
}

// JSON text has no sign for zero.
const withoutNegativeZero = (json: unknown): unknown => JSON.parse(JSON.stringify(json))

// `deepEqual` tells objects without a prototype from others.
const ordinary = { noNullPrototype: true }

const accountId = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => TypedId.fromBytes("acc", bytes))
const money = fc.record(
  { amount: fc.bigInt(1n, 10n ** 15n).map(String), currency: fc.constantFrom("JPY", "USD") },
  ordinary
)
const text = fc.string({ unit: "grapheme", maxLength: 40 })
const metadata = fc.dictionary(fc.constantFrom("a", "b.c", "__proto__", "constructor", "x-1"), text, {
  minKeys: 1,
  noNullPrototype: true
})
const instant = fc
  .date({ min: new Date("1900-01-01"), max: new Date("2999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString())
const memo = { valueDate: fc.constantFrom("2026-01-31", "1900-01-01"), description: text, metadata }
const requiredKeys = <K extends string>(...keys: ReadonlyArray<K>) => ({
  requiredKeys: [...keys],
  noNullPrototype: true
})

const command = fc.oneof(
  fc.record(
    {
      _tag: fc.constant("Post"),
      kind: fc.constantFrom(...Transaction.TransactionKind.literals),
      legs: fc.array(fc.record({ accountId, side: fc.constantFrom(...Side.literals), amount: money }, ordinary), {
        maxLength: 6
      }),
      ...memo
    },
    requiredKeys("_tag", "kind", "legs")
  ),
  fc.record(
    {
      _tag: fc.constant("Authorize"),
      debitAccountId: accountId,
      creditAccountId: accountId,
      amount: money,
      expiresAt: instant,
      description: text,
      metadata
    },
    requiredKeys("_tag", "debitAccountId", "creditAccountId", "amount")
  ),
  fc.record(
    { _tag: fc.constant("Capture"), holdId: text, amount: money, keepRest: fc.boolean(), ...memo },
    requiredKeys("_tag", "holdId", "keepRest")
  ),
  fc.record(
    {
      _tag: fc.constant("ConfigureAccount"),
      accountId,
      overdraftLimit: money,
      restriction: fc.constantFrom(...LedgerAccount.Restriction.literals),
      revision: fc.integer({ min: 0, max: 2 ** 32 - 1 })
    },
    ordinary
  ),
  fc.record(
    { _tag: fc.constant("CloseAccount"), accountId, sweepTo: accountId, revision: fc.nat() },
    requiredKeys("_tag", "accountId", "revision")
  ),
  fc.record({ _tag: fc.constant("Release"), holdId: text }, ordinary)
)

const zeros = { overdraftLimit: "0", postedDebits: "0", pendingDebits: "0", pendingCredits: "0" }
const ledgerAccount = {
  id: "acc_1",
  kind: "internal",
  currency: "USD",
  normalSide: "debit",
  restriction: "none",
  closed: false,
  revision: 0,
  sequence: Number.MAX_SAFE_INTEGER,
  openHolds: 0,
  openedAt: "2026-11-24T03:42:14.000Z",
  ...zeros,
  postedCredits: "9223372036854775807"
}

describe("messages and plain JSON", () => {
  test("an instruction is the same after any journey", () => {
    fc.assert(
      fc.property(text, command, (key, each) => {
        const plain = { instruction: { key, command: each } }
        for (const after of afterJourneys(SubmitRequestSchema, plain)) assert.deepEqual(after, plain)
      }),
      { numRuns: 300 }
    )
  })

  test("a receipt is tagged by what was done, and keeps 64-bit integers to the last digit", () => {
    const plain = { receipt: { _tag: "AccountChanged", account: ledgerAccount } }
    for (const after of afterJourneys(SubmitResponseSchema, plain)) assert.deepEqual(after, plain)
    const accounts = { accounts: [ledgerAccount, { ...ledgerAccount, postedCredits: "1" }] }
    for (const after of afterJourneys(GetAccountsResponseSchema, accounts)) assert.deepEqual(after, accounts)
  })

  for (const [name, desc, literals] of [
    ["sides", SideSchema, Side.literals],
    ["kinds of transaction", TransactionKindSchema, Transaction.TransactionKind.literals],
    ["statuses of a hold", HoldStatusSchema, Hold.HoldStatus.literals],
    ["kinds of a ledger account", LedgerAccountKindSchema, LedgerAccount.Kind.literals],
    ["restrictions", RestrictionSchema, LedgerAccount.Restriction.literals],
    ["statuses of an account", AccountStatusSchema, Account.Status.literals],
    ["freezes", FreezeSchema, Account.Freeze.literals],
    ["roles", RoleSchema, Role.literals],
    ["statuses of a user", UserStatusSchema, User.UserStatus.literals],
    ["levels of identification", KycLevelSchema, Kyc.KycLevel.literals],
    ["statuses of identification", KycStatusSchema, User.Kyc.fields.status.literals],
    ["ways to log in", AuthenticationMethodSchema, Session.AuthenticationMethod.literals],
    ["second factors", SecondFactorSchema, Credentials.SecondFactor.literals],
    ["assurances", AssuranceSchema, Session.Session.fields.assurance.literals],
    ["kinds of delegation", DelegationKindSchema, Delegation.Kind.literals],
    ["rights of a delegate", DelegationRightSchema, Delegation.Right.literals],
    ["statuses of an approval", ApprovalStatusSchema, Approval.fields.status.literals],
    ["outcomes on the audit log", AuditOutcomeSchema, AuditRecord.fields.outcome.literals],
    ["confidentialities", ConfidentialitySchema, Confidentiality.literals],
    ["grant types", GrantTypeSchema, GrantType.literals]
  ] satisfies ReadonlyArray<readonly [string, DescEnum, ReadonlyArray<string>]>) {
    test(`the ${name} are those of the domain`, () => {
      const names = desc.values.filter(({ number }) => number !== 0).map(({ localName }) => localName.toLowerCase())
      assert.deepEqual(names.sort(), [...literals].sort())
    })
  }

  test("any JSON is the same after any journey, alone, as an object and inside a choice", () => {
    const json = fc.jsonValue({ noUnicodeString: false, stringUnit: "grapheme" }).map(withoutNegativeZero)
    const object = fc.dictionary(fc.oneof(text, fc.constant("__proto__")), json, { noNullPrototype: true })
    fc.assert(
      fc.property(object, json, (command, result) => {
        const filed = { operation: "transactions.post", command, idempotencyKey: "k" }
        for (const after of afterJourneys(FileApprovalRequestSchema, filed)) assert.deepEqual(after, filed)
        const approval = { id: "apr", operation: "transactions.post", command, status: "done", maker: "m", result }
        for (const after of afterJourneys(ApprovalSchema, approval)) assert.deepEqual(after, approval)
        const login = { ticket: "t", passkey: command }
        for (const after of afterJourneys(SecondFactorLoginSchema, login)) assert.deepEqual(after, login)
      }),
      { numRuns: 200 }
    )
  })

  test("a JSON value that holds nothing is null", () => {
    // Bytes of field 2, `command`: one entry `a` whose value has no kind.
    const bytes = new Uint8Array([0x12, 0x07, 0x0a, 0x05, 0x0a, 0x01, 0x61, 0x12, 0x00])
    const request = fromBinary(FileApprovalRequestSchema, bytes)
    assert.deepEqual(plainOf(FileApprovalRequestSchema, request).command, { a: null })
  })

  test("an unspecified side is no side, and an unknown one stays a number for the Schema to refuse", () => {
    // Bytes of field 2, `side`, as a client of a later version may send them.
    const side = (number: number) =>
      plainOf(BookedEntrySchema, fromBinary(BookedEntrySchema, new Uint8Array([0x10, number]))).side
    assert.deepEqual([side(0), side(1), side(99)], [undefined, "debit", 99])
  })

  test("a command that is none has no tag", () => {
    assert.deepEqual(plainOf(InstructionSchema, fromJson(InstructionSchema, { key: "k", command: {} })), {
      key: "k",
      command: {}
    })
  })

  test("fields that were left out stay out where that means something, and are empty where they must be filled", () => {
    assert.deepEqual(plainOf(TransferRequestSchema, create(TransferRequestSchema)), {
      from: "",
      to: "",
      idempotencyKey: ""
    })
    const renamed = (json: { account: string; name?: string }) =>
      plainOf(RenameAccountRequestSchema, fromJson(RenameAccountRequestSchema, json))
    assert.deepEqual(renamed({ account: "a" }), { account: "a" })
    assert.deepEqual(renamed({ account: "a", name: "" }), { account: "a", name: "" })
  })

  test("an integer that no number holds exactly stays text, so that nothing is rounded", () => {
    const query = create(ListEntriesRequestSchema, { after: 2n ** 53n })
    assert.equal(plainOf(ListEntriesRequestSchema, query).after, "9007199254740992")
  })

  test("a time keeps every digit that was sent, and one that is none becomes text that is no time", () => {
    const bookedFrom = (seconds: bigint, nanos: number) =>
      plainOf(ListEntriesRequestSchema, create(ListEntriesRequestSchema, { bookedFrom: { seconds, nanos } })).bookedFrom
    assert.equal(bookedFrom(0n, 123_000_000), "1970-01-01T00:00:00.123Z")
    assert.equal(bookedFrom(-1n, 0), "1969-12-31T23:59:59.000Z")
    assert.equal(bookedFrom(0n, 123_456_789), "1970-01-01T00:00:00.123456789Z")
    assert.equal(bookedFrom(0n, -1), "0s -1ns")
    assert.equal(bookedFrom(2n ** 62n, 0), "4611686018427387904s 0ns")
  })

  test("plain JSON that does not fit its message is a bug and throws", () => {
    assert.throws(
      () => messageOf(OpenAccountResponseSchema, { account: { id: "a", colour: "red" } }),
      /no field colour/u
    )
    assert.throws(() => messageOf(ReceiptSchema, { _tag: "Nothing" }), /no variant Nothing/u)
    assert.throws(() => messageOf(LedgerAccountSchema, { normalSide: "left" }), /no value left/u)
    assert.throws(() => messageOf(GetAccountsResponseSchema, { accounts: {} }), /takes a list/u)
    assert.throws(() => messageOf(TransferRequestSchema, { metadata: [] }), /takes an object/u)
  })
})
