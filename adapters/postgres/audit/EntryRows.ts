/** Entries of the audit log as parameters of `audit.append`, and back from rows. */
import { AuditChain } from "../../../domain/identity/index.ts"
import { arrayOf, quoted } from "../Columns.ts"
import { intOf, optionalBytes, optionalText, type Row, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { compact } from "../Uuid.ts"

/** An entry that is to be appended, with the digest that its hash is made of. */
export interface Appending {
  readonly content: AuditChain.Content
  readonly digest: Uint8Array
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")

const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : quoted(text))

const literal = (texts: ReadonlyArray<string>): string => arrayOf(texts.map(quoted))

/** The value of a column as `arrayOf` takes it: ids and names of the policy need no quotes. */
type Column = (content: AuditChain.Content) => string | undefined

const columns: ReadonlyArray<readonly [type: string, value: Column]> = [
  ["uuid", ({ id }) => id],
  ["timestamptz", ({ at }) => new Date(at).toISOString()],
  ["text", ({ tenant }) => quoted(tenant)],
  ["text", ({ actor }) => quoted(actor)],
  ["text", ({ user }) => user],
  ["text", ({ customer }) => customer],
  ["text", ({ roles }) => `"${arrayOf(roles)}"`],
  ["text", ({ client }) => optional(client)],
  ["text", ({ session }) => session],
  ["text", ({ operation }) => operation],
  ["text", ({ objects }) => quoted(literal(objects))],
  ["text", ({ outcome }) => outcome],
  ["text", ({ code }) => optional(code)],
  ["text", ({ requestId }) => quoted(requestId)],
  // In an array's literal a backslash stands for the character behind it.
  ["bytea", ({ sealed }) => (sealed === undefined ? undefined : `\\\\x${hex(sealed)}`)]
]

const types = [...columns.map(([type]) => `${type}[]`), "bytea", "text[]", "integer[]"]

export const appendSql = `select audit.append(${types.map((type, index) => `$${index + 1}::text::${type}`).join(", ")})`

/** The parameters of `appendSql`. */
export const appendParameters = (batch: ReadonlyArray<Appending>): ReadonlyArray<Parameter> => {
  const names: Array<string> = []
  const places: Array<number> = []
  const digests = new Uint8Array(AuditChain.byteLength * batch.length)
  batch.forEach(({ content, digest }, index) => {
    digests.set(digest, AuditChain.byteLength * index)
    for (const object of new Set(content.objects)) {
      names.push(quoted(object))
      places.push(index + 1)
    }
  })
  return [
    ...columns.map(([, value]) => arrayOf(batch.map(({ content }) => value(content)))),
    `\\x${hex(digests)}`,
    arrayOf(names),
    arrayOf(places)
  ]
}

/** What is read of entries. A time keeps all that it has of a fraction, so that no change of it is rounded away. */
export const entryColumns = (of: string): string =>
  [
    ...[
      "sequence",
      "id",
      "tenant",
      "actor",
      "user_id",
      "customer",
      "client",
      "session",
      "operation",
      "outcome",
      "code"
    ],
    ...["request_id", "sealed", "hash"]
  ]
    .map((name) => `${of}.${name}`)
    .concat(
      `trim_scale(extract(epoch from ${of}.at) * 1000)::text as at`,
      `to_json(${of}.roles) as roles`,
      `to_json(${of}.objects) as objects`
    )
    .join(", ")

const textsOf = (row: Row, name: string): ReadonlyArray<string> => {
  const value = row[name]
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value
  throw new TypeError(`column ${name} holds no list of texts`)
}

export const sequenceOf = (row: Row): number => intOf(row, "sequence")

/** An entry as it is stored; throws where a column holds what no entry has. */
export const contentOf = (row: Row): AuditChain.Content => ({
  id: compact(textOf(row, "id")),
  at: Number(textOf(row, "at")),
  tenant: textOf(row, "tenant"),
  actor: textOf(row, "actor"),
  user: optionalText(row, "user_id"),
  customer: optionalText(row, "customer"),
  roles: textsOf(row, "roles"),
  client: optionalText(row, "client"),
  session: optionalText(row, "session"),
  operation: textOf(row, "operation"),
  objects: textsOf(row, "objects"),
  outcome: textOf(row, "outcome"),
  code: optionalText(row, "code"),
  requestId: textOf(row, "request_id"),
  sealed: optionalBytes(row, "sealed")
})
