import { readFile } from "node:fs/promises"
import { Effect, Result, Schema } from "effect"
import { start } from "../../adapters/embedded-postgres/index.ts"
import { defaultLedgerId, Postgres, type Trusted, verifyAudit, verifyStored } from "../../adapters/postgres/index.ts"
import { AuditHead } from "../../application/audit/index.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { ReceiptProof, TreeHead, verifyReceipt } from "../../domain/proofs/index.ts"
import { auditOf } from "../bank/Stores.ts"

/** Which ledger to check: that of a database, or of a data directory whose bank is stopped. */
export type Place = { readonly url: string } | { readonly dataDir: string }

/** A file given cannot be used, or a receipt proves nothing. */
export class Unproven extends Schema.TaggedError<Unproven>()("Unproven", {
  subject: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.subject}: ${this.reason}`
  }
}

/**
 * Checks every stored row of the ledger: first against the invariants, then against the journal, its tree and signed
 * heads; and every row of the audit log against its chain, which `auditHead` must be part of. Answers what does not hold.
 */
export const verify = Effect.fn("cli.verify")(function* (place: Place, trusted: Trusted = {}, auditHead?: AuditHead) {
  const { url } = "url" in place ? place : yield* start({ dataDir: place.dataDir })
  const violations = yield* Effect.gen(function* () {
    const audit = yield* LedgerAudit
    return yield* audit.violations
  }).pipe(Effect.provide(auditOf(url)))
  const verification = yield* Effect.provide(verifyStored(defaultLedgerId, trusted), Postgres.layer({ url }))
  const kept =
    auditHead === undefined ? undefined : { sequence: auditHead.sequence, hash: Buffer.from(auditHead.hash, "hex") }
  const audit = yield* Effect.provide(verifyAudit(kept), Postgres.layer({ url }))
  return { violations, ...verification, audit }
})

const read = Effect.fnUntraced(function* <A>(file: string, schema: Schema.Codec<A, unknown>) {
  const failed = (cause: unknown) =>
    new Unproven({ subject: file, reason: cause instanceof Error ? cause.message : String(cause) })
  const json = yield* Effect.tryPromise({
    try: async (): Promise<unknown> => JSON.parse(await readFile(file, "utf8")),
    catch: failed
  })
  return yield* Effect.fromResult(Result.mapError(Schema.decodeUnknownResult(schema)(json), failed))
})

/** The signed head that a file has, as the bank gave it out. */
export const headIn = (file: string) => read(file, TreeHead.SignedTreeHead)

/** The head of the audit log that a file has, as the bank gave it out. */
export const auditHeadIn = (file: string) => read(file, AuditHead)

/** Verifies a receipt's proof with the bank's public key and nothing else; gives the head that it stands on. */
export const verifyFile = Effect.fn("cli.receipt")(function* (file: string, publicKey: TreeHead.PublicKey) {
  const proof = yield* read(file, ReceiptProof)
  const head = verifyReceipt(proof, publicKey)
  if (Result.isFailure(head))
    return yield* Effect.fail(new Unproven({ subject: file, reason: `proves nothing: ${head.failure.reason}` }))
  return { transaction: proof.transaction.id, head: head.success }
})
