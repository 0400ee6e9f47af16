import { Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import type { AuditChain } from "../../domain/identity/index.ts"
import { AuditEntry, type AuditRecord } from "../ports/AuditLog.ts"

/** What of a record only key holders may read. */
const Secret = Schema.fromJsonString(
  Schema.Struct({
    before: Schema.optionalKey(Schema.String),
    after: Schema.optionalKey(Schema.String),
    address: Schema.optionalKey(Schema.String),
    userAgent: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String)
  })
)

const decodeSecret = Schema.decodeUnknownSync(Secret)

/** The secret part of a record as text, to be encrypted; undefined where there is none. */
export const secretOf = ({ before, after, origin }: AuditRecord): string | undefined => {
  const { address, userAgent, reason } = origin
  // A field that is undefined is left out of the text.
  const text = JSON.stringify({ before, after, address, userAgent, reason })
  return text === "{}" ? undefined : text
}

/** Texts that are kept as they are. */
const plain = /^[\x20-\x7e]*$/u

/** Control characters, and halves of a character in UTF-16. */
const unstorable = /[\p{Cc}\p{Cs}]/gu

/** Characters of a text that are kept in the plain, and objects of a record. */
const plainMax = 200
const objectsMax = 20

/** No store keeps every text: one that somebody has sent must not keep the record, and those beside it, off the log. */
const storable = (text: string): string =>
  text.length <= plainMax && plain.test(text) ? text : text.slice(0, plainMax).replace(unstorable, "\u{fffd}")

const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : storable(text))

/** A record as it is stored and hashed, under an id of 32 hexadecimal digits and with its secret part encrypted. */
export const contentOf = (record: AuditRecord, id: string, sealed: Uint8Array | undefined): AuditChain.Content => {
  const { at, tenant, actor, operation, objects, outcome, code, origin } = record
  return {
    id,
    at,
    tenant,
    actor: storable(actor.id),
    user: actor.user,
    customer: actor.customer,
    roles: actor.roles,
    client: optional(actor.client),
    session: actor.session,
    operation,
    objects: objects.slice(0, objectsMax).map(storable),
    outcome,
    code: optional(code),
    requestId: storable(origin.requestId),
    sealed
  }
}

const decodeEntry = Schema.decodeUnknownSync(AuditEntry, { onExcessProperty: "error" })

const present = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A stored entry as auditors read it, with its secret part decrypted. One that is none is a defect. */
export const entryOf = (
  { sequence, hash }: { readonly sequence: number; readonly hash: string },
  content: AuditChain.Content,
  secret: string | undefined
): AuditEntry => {
  const { actor, user, customer, roles, client, session, requestId } = content
  const { before, after, ...place } = secret === undefined ? {} : decodeSecret(secret)
  return decodeEntry({
    sequence,
    hash,
    at: Instant.toText(Instant.fromMillis(content.at)),
    tenant: content.tenant,
    actor: { id: actor, roles, ...present({ user, customer, client, session }) },
    operation: content.operation,
    objects: content.objects,
    outcome: content.outcome,
    origin: { requestId, ...place },
    ...present({ code: content.code, before, after })
  })
}
