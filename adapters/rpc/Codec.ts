/**
 * Between messages and the plain JSON that the domain's Schemas decode and encode, by the messages' own descriptors, so
 * that no RPC needs a mapper. It is the proto JSON mapping with these differences:
 *
 * - an enum value is its name without the enum's prefix, in lower case: `SIDE_DEBIT` is `"debit"`; the unspecified value
 *   is no value, and a number without a name stays a number, for the Schema to refuse;
 * - a message that is one oneof of messages and nothing else is a tagged union: `{ _tag: "Post", … }`, tagged by the name
 *   of the message that is set;
 * - a 64-bit integer is a number, and text only where the field says `jstype = JS_STRING`;
 * - a `google.protobuf.Struct` or `Value` is the JSON that it holds, and one that holds nothing is null;
 * - an empty map is no value;
 * - a list and a field without presence are always there.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  fromJsonString,
  isMessage,
  type MessageShape,
  ScalarType
} from "@bufbuild/protobuf"
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect"
import {
  FeatureSet_FieldPresence,
  type Struct,
  StructSchema,
  type Timestamp,
  TimestampSchema,
  timestampFromMs,
  type Value,
  ValueSchema
} from "@bufbuild/protobuf/wkt"

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

// Own properties whatever a key is: it may be `__proto__`.
const jsonObjectOf = ({ fields }: Struct): Plain =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, jsonOf(value)]))

const jsonOf = ({ kind }: Value): unknown => {
  switch (kind.case) {
    case "structValue":
      return jsonObjectOf(kind.value)
    case "listValue":
      return kind.value.values.map(jsonOf)
    case "nullValue":
    case undefined:
      return null
    default:
      return kind.value
  }
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
  if (isMessage(message.message, StructSchema)) return jsonObjectOf(message.message)
  if (isMessage(message.message, ValueSchema)) return jsonOf(message.message)
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

const longs: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64
])

type Build = (value: unknown) => unknown

// Messages are built by functions that are made once of their descriptors: looking fields up each time costs more than
// all else that an answer needs.
const builders = new WeakMap<DescMessage, Build>()

const enumBuilder = (desc: DescEnum): Build => {
  const numbers = new Map<unknown, number>(desc.values.map((each) => [each.localName.toLowerCase(), each.number]))
  return (text) => {
    const number = numbers.get(text)
    if (number === undefined) throw new TypeError(`${desc.typeName} has no value ${String(text)}`)
    return number
  }
}

const longBuilder = (field: DescField): Build => {
  const isText = "longAsString" in field && field.longAsString
  return (value) => {
    if (typeof value !== "string" && typeof value !== "number") throw new TypeError(`${field} takes an integer`)
    const long = BigInt(value)
    return isText ? long.toString() : long
  }
}

const same: Build = (value) => value

/** Makes the value of a single field, a list's item or a map's entry. */
const valueBuilder = (field: DescField): Build => {
  const { message } = field
  // Generated messages hold a Struct as its JSON.
  if (message?.typeName === StructSchema.typeName) return same
  if (message !== undefined) return (value) => builderOf(message)(value)
  if (field.enum !== undefined) return enumBuilder(field.enum)
  return longs.has(field.scalar) ? longBuilder(field) : same
}

const fieldBuilder = (field: DescField): Build => {
  const build = valueBuilder(field)
  switch (field.fieldKind) {
    case "list":
      return (value) => {
        if (!Array.isArray(value)) throw new TypeError(`${field} takes a list`)
        return value.map(build)
      }
    case "map":
      return (value) => {
        if (!isPlain(value)) throw new TypeError(`${field} takes an object`)
        // Own properties whatever the key is: a key may be `__proto__`.
        return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, build(each)]))
      }
    default:
      return build
  }
}

/** A message of which nothing is set yet. */
const blankOf = (desc: DescMessage): (() => Record<string, unknown>) => {
  const blank: Record<string, unknown> = { ...create(desc) }
  // One empty list, and one empty map, stands for all: messages are only read.
  for (const value of Object.values(blank)) if (typeof value === "object") Object.freeze(value)
  return () => ({ ...blank })
}

/** A field of a message that is built: where its value comes from, what is made of it, where that goes. */
interface Setter {
  readonly from: string
  readonly set: (message: Record<string, unknown>, value: unknown) => void
}

const setter = (field: DescField): Setter => {
  const build = fieldBuilder(field)
  const { jsonName: from, localName, oneof } = field
  return {
    from,
    set:
      oneof === undefined
        ? (message, value) => {
            message[localName] = build(value)
          }
        : (message, value) => {
            message[oneof.localName] = { case: localName, value: build(value) }
          }
  }
}

const unionBuilder = (desc: DescMessage) => {
  const setters = new Map<unknown, Setter>(desc.fields.map((field) => [field.message?.name, setter(field)]))
  const blank = blankOf(desc)
  return (plain: unknown): unknown => {
    if (!isPlain(plain)) throw new TypeError(`${desc.typeName} takes an object`)
    const { _tag, ...fields } = plain
    const found = setters.get(_tag)
    if (found === undefined) throw new TypeError(`${desc.typeName} has no variant ${String(_tag)}`)
    const message = blank()
    found.set(message, fields)
    return message
  }
}

const fieldsBuilder = (desc: DescMessage) => {
  const setters = desc.fields.map(setter)
  const names = new Set(setters.map(({ from }) => from))
  const blank = blankOf(desc)
  return (plain: unknown): unknown => {
    if (!isPlain(plain)) throw new TypeError(`${desc.typeName} takes an object`)
    const message = blank()
    for (const name of Object.keys(plain))
      if (!names.has(name)) throw new TypeError(`${desc.typeName} has no field ${name}`)
    for (const { from, set } of setters) {
      const value = plain[from]
      if (value !== undefined) set(message, value)
    }
    return message
  }
}

const makeBuilder = (desc: DescMessage): Build => {
  if (desc.typeName === TimestampSchema.typeName) return (text) => timestampFromMs(Date.parse(String(text)))
  if (desc.typeName === ValueSchema.typeName) return (json) => fromJsonString(ValueSchema, JSON.stringify(json))
  return unionOf(desc) === undefined ? fieldsBuilder(desc) : unionBuilder(desc)
}

const builderOf = (desc: DescMessage): Build => {
  const known = builders.get(desc)
  if (known !== undefined) return known
  const made = makeBuilder(desc)
  builders.set(desc, made)
  return made
}

/**
 * The message of plain JSON that a Schema encoded. JSON that does not fit the message is a bug of this project, since
 * messages and Schemas are written for each other, and throws.
 */
export const messageOf = <Desc extends DescMessage>(desc: Desc, plain: unknown): MessageShape<Desc> => {
  const message = builderOf(desc)(plain)
  if (!isMessage(message, desc)) throw new TypeError(`expected ${desc.typeName}`)
  return message
}
