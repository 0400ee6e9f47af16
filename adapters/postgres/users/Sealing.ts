/** Text that is encrypted before it goes to the database, bound to the place where it stands. */
import { Effect } from "effect"
import { FieldCipher, type KeysUnavailable } from "../../../application/ports/Crypto.ts"
import type { TenantId } from "../../../domain/identity/index.ts"
import { bytesOf, type Row } from "../Fields.ts"
import { byteaOf } from "./UsersPool.ts"

/** `place` names table, column and row, such as `users.person.sealed usr_…`. */
export interface Sealing {
  /** The sealed text as a parameter. */
  readonly seal: (tenant: TenantId, place: string, text: string) => Effect.Effect<string, KeysUnavailable>
  /** The text of the row's column `sealed`. */
  readonly open: (tenant: TenantId, place: string, row: Row) => Effect.Effect<string, KeysUnavailable>
  /** A keyed hash of a text as a parameter. */
  readonly hashed: (tenant: TenantId, purpose: string, text: string) => Effect.Effect<string, KeysUnavailable>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

export const sealing: Effect.Effect<Sealing, never, FieldCipher> = Effect.map(
  FieldCipher,
  (cipher): Sealing => ({
    seal: (tenant, place, text) => Effect.map(cipher.encrypt(tenant, place, encoder.encode(text)), byteaOf),
    open: (tenant, place, row) =>
      Effect.map(cipher.decrypt(tenant, place, bytesOf(row, "sealed")), (plain) => decoder.decode(plain)),
    hashed: (tenant, purpose, text) => Effect.map(cipher.blindIndex(tenant, purpose, text), byteaOf)
  })
)
