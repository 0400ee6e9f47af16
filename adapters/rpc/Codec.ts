/**
 * Between messages and the plain JSON that the domain's Schemas decode and encode, by the messages' own descriptors, so
 * that no RPC needs a mapper. It is the proto JSON mapping with these differences:
 *
 * - an enum value is its name without the enum's prefix, in lower case: `SIDE_DEBIT` is `"debit"`; the unspecified value
 *   is no value, and a number without a name stays a number, for the Schema to refuse;
 * - a message that is one oneof of messages and nothing else is a tagged union: `{ _tag: "Post", … }`, tagged by the name
 *   of the message that is set;
 * - a 64-bit integer is a number, and text only where the field says `jstype = JS_STRING`;
 * - an empty map is no value;
 * - a list and a field without presence are always there.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  isMessage,
  type MessageShape,
  ScalarType
} from "@bufbuild/protobuf"
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect"
import { FeatureSet_FieldPresence, type Timestamp, TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt"

/** A JSON object. */
export interface Plain {
  readonly [name: string]: unknown
}

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value)

const unionOf = (desc: DescMessage): DescOneof | undefined => {
  const [oneof] = desc.oneofs
  return oneof !== undefined && oneof.fields.length === desc.fields.length ? oneof : undefined
}

const millisPerSecond = 1000
const nanosPerMilli = 1_000_000

// Text that keeps every digit that was sent: whether it is an instant is for the Schema to say.
const textOf = ({ seconds, nanos }: Timestamp): string => {
  const date = new Date(Number(seconds) * millisPerSecond + Math.floor(nanos / nanosPerMilli))
  if (Number.isNaN(date.getTime()) || nanos < 0 || nanos >= nanosPerMilli * millisPerSecond)
    return `${seconds}s ${nanos}ns`
  const rest = nanos % nanosPerMilli
  return rest === 0 ? date.toISOString() : `${date.toISOString().slice(0, -1)}${String(rest).padStart(6, "0")}Z`
}

const numberOf = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

const enumText = (desc: DescEnum, number: unknown): unknown => {
  const found = desc.values.find((each) => each.number === number)
  return found === undefined ? number : found.localName.toLowerCase()
}

/** The value of a single field, a list's item or a map's entry. */
const plainValue = (field: DescField, value: unknown): unknown => {
  if (isReflectMessage(value)) return plainMessage(value)
  if (field.enum !== undefined) return enumText(field.enum, value)
  if (typeof value !== "bigint") return value
  return "longAsString" in field && field.longAsString ? value.toString() : numberOf(value)
}

const isPresent = (message: ReflectMessage, field: DescField): boolean =>
  message.isSet(field) ||
  field.fieldKind === "list" ||
  (field.fieldKind === "scalar" && field.presence === FeatureSet_FieldPresence.IMPLICIT)

const plainMessage = (message: ReflectMessage): unknown => {
  if (isMessage(message.message, TimestampSchema)) return textOf(message.message)
  const union = unionOf(message.desc)
  if (union !== undefined) {
    const chosen = message.oneofCase(union)
    if (chosen?.fieldKind !== "message") return {}
    return { _tag: chosen.message.name, ...plainFields(message.get(chosen)) }
  }
  return plainFields(message)
}

const plainFields = (message: ReflectMessage): Plain => {
  const plain: Record<string, unknown> = {}
  for (const field of message.fields) {
    if (!isPresent(message, field)) continue
    switch (field.fieldKind) {
      case "list":
        plain[field.jsonName] = Array.from(message.get(field), (item) => plainValue(field, item))
        break
      case "map":
        // Own properties whatever the key is: a key may be `__proto__`.
        plain[field.jsonName] = Object.fromEntries(
          Array.from(message.get(field), ([key, value]) => [String(key), plainValue(field, value)])
        )
        break
      default:
        plain[field.jsonName] = plainValue(field, message.get(field))
    }
  }
  return plain
}

/** The message as plain JSON for a Schema to decode. Whatever the client sent, this does not fail. */
export const plainOf = <Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): Plain =>
  plainFields(reflect(desc, message))

const enumNumber = (desc: DescEnum, text: unknown): number => {
  const found = desc.values.find((each) => each.localName.toLowerCase() === text)
  if (found === undefined) throw new TypeError(`${desc.typeName} has no value ${String(text)}`)
  return found.number
}

const bigintOf = (value: unknown): unknown =>
  typeof value === "string" || typeof value === "number" ? BigInt(value) : value

const longs: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64
])

const fieldValue = (field: DescField, value: unknown): unknown => {
  if (field.message !== undefined) return filled(field.message, value)
  if (field.enum !== undefined) return enumNumber(field.enum, value)
  return longs.has(field.scalar) ? bigintOf(value) : value
}

const filled = (desc: DescMessage, value: unknown): ReflectMessage => {
  if (desc.typeName === TimestampSchema.typeName)
    return reflect(TimestampSchema, timestampFromMs(Date.parse(String(value))))
  const message = reflect(desc, undefined, false)
  fill(message, value)
  return message
}

const fillUnion = (message: ReflectMessage, { _tag, ...fields }: Plain): void => {
  const field = message.fields.find((each) => each.message?.name === _tag)
  if (field?.message === undefined) throw new TypeError(`${message.desc.typeName} has no variant ${String(_tag)}`)
  message.set(field, filled(field.message, fields))
}

const fillField = (message: ReflectMessage, field: DescField, value: unknown): void => {
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) throw new TypeError(`${field} takes a list`)
    const list = message.get(field)
    for (const item of value) list.add(fieldValue(field, item))
  } else if (field.fieldKind === "map") {
    if (!isPlain(value)) throw new TypeError(`${field} takes an object`)
    const map = message.get(field)
    for (const [key, each] of Object.entries(value)) map.set(key, fieldValue(field, each))
  } else message.set(field, fieldValue(field, value))
}

const fill = (message: ReflectMessage, value: unknown): void => {
  if (!isPlain(value)) throw new TypeError(`${message.desc.typeName} takes an object`)
  if (unionOf(message.desc) !== undefined) {
    fillUnion(message, value)
    return
  }
  for (const [name, each] of Object.entries(value)) {
    const field = message.fields.find((candidate) => candidate.jsonName === name)
    if (field === undefined) throw new TypeError(`${message.desc.typeName} has no field ${name}`)
    if (each !== undefined) fillField(message, field, each)
  }
}

/**
 * The message of plain JSON that a Schema encoded. JSON that does not fit the message is a bug of this project, since
 * messages and Schemas are written for each other, and throws.
 */
export const messageOf = <Desc extends DescMessage>(desc: Desc, plain: unknown): MessageShape<Desc> => {
  const message = create(desc)
  fill(reflect(desc, message, false), plain)
  return message
}
