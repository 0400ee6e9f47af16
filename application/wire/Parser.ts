/**
 * Parsers that are made once of a Schema, for values that are right: a value is taken apart and put together in one pass,
 * without the effects, options and issues that Schema's own interpreter makes for each field. What they do not take is the
 * Schema's to judge, so that a request is refused, and told why, as by the Schema alone.
 */
import { Exit, type SchemaAST } from "effect"

/** Stands for a value that is not taken: it is wrong, or a Schema could have taken it in another way. */
export const unfit: unique symbol = Symbol("unfit")

/** Makes of a value what the Schema makes of it, or says that it is unfit. */
export type Parse = (value: unknown) => unknown

/** How a Schema is read. */
export interface Reading {
  /** Whether its checks are made, and fields that it does not name are refused, as of what comes from outside. */
  readonly isStrict: boolean
}

const options: SchemaAST.ParseOptions = { errors: "first", onExcessProperty: "error" }

const ofType =
  (type: "bigint" | "boolean" | "number" | "string"): Parse =>
  (value) =>
    typeof value === type ? value : unfit

const same =
  (wanted: unknown): Parse =>
  (value) =>
    value === wanted ? value : unfit

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A struct: its fields in the order of their declaration. Undefined where one of them cannot be parsed so. */
const structOf = ({ propertySignatures }: SchemaAST.Objects, reading: Reading): Parse | undefined => {
  const fields: Array<{ readonly name: string; readonly parse: Parse; readonly isOptional: boolean }> = []
  for (const { name, type } of propertySignatures) {
    const parse = parserOf(type, reading)
    if (parse === undefined || typeof name !== "string" || name === "__proto__") return undefined
    fields.push({ name, parse, isOptional: type.context?.isOptional === true })
  }
  const { isStrict } = reading
  return (value) => {
    if (!isObject(value)) return unfit
    const made: Record<string, unknown> = {}
    let found = 0
    for (const { name, parse, isOptional } of fields) {
      const field = value[name]
      if (field === undefined && !Object.hasOwn(value, name)) {
        if (isOptional) continue
        return unfit
      }
      const parsed = parse(field)
      if (parsed === unfit) return unfit
      made[name] = parsed
      found++
    }
    return isStrict && Object.keys(value).length !== found ? unfit : made
  }
}

/** A record of any keys that are texts. */
const recordOf = ({ parameter, type }: SchemaAST.IndexSignature, reading: Reading): Parse | undefined => {
  const parseKey = parserOf(parameter, reading)
  const parse = parserOf(type, reading)
  if (parameter._tag !== "String" || parseKey === undefined || parse === undefined) return undefined
  return (value) => {
    if (!isObject(value)) return unfit
    const made: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const parsed = parse(value[key])
      if (parsed === unfit || key === "__proto__" || parseKey(key) !== key) return unfit
      made[key] = parsed
    }
    return made
  }
}

const objectsOf = (ast: SchemaAST.Objects, reading: Reading): Parse | undefined => {
  const [record, ...others] = ast.indexSignatures
  if (record === undefined) return structOf(ast, reading)
  return others.length === 0 && ast.propertySignatures.length === 0 ? recordOf(record, reading) : undefined
}

const arrayOf = ({ elements, rest: [item, ...tail] }: SchemaAST.Arrays, reading: Reading): Parse | undefined => {
  const parse = item === undefined ? undefined : parserOf(item, reading)
  if (parse === undefined || elements.length > 0 || tail.length > 0) return undefined
  return (value) => {
    if (!Array.isArray(value)) return unfit
    const made: Array<unknown> = []
    for (const each of value) {
      const parsed = parse(each)
      if (parsed === unfit) return unfit
      made.push(parsed)
    }
    return made
  }
}

/** The first of the types that takes the value, as in a Schema. */
const unionOf = ({ types, options: union }: SchemaAST.Union, reading: Reading): Parse | undefined => {
  const parsers: Array<Parse> = []
  for (const type of types) {
    const parse = parserOf(type, reading)
    if (parse === undefined) return undefined
    parsers.push(parse)
  }
  if (union?.mode === "oneOf") return undefined
  return (value) => {
    for (const parse of parsers) {
      const parsed = parse(value)
      if (parsed !== unfit) return parsed
    }
    return unfit
  }
}

const literalsOf = ({ types }: SchemaAST.Union): Parse | undefined => {
  const literals = new Set<unknown>()
  for (const type of types) {
    if (type._tag !== "Literal" || type.encoding !== undefined || type.checks !== undefined) return undefined
    literals.add(type.literal)
  }
  return (value) => (literals.has(value) ? value : unfit)
}

/** What a type is by itself, without its checks and what it is made of. */
const baseOf = (ast: SchemaAST.AST, reading: Reading): Parse | undefined => {
  switch (ast._tag) {
    case "String":
      return ofType("string")
    case "Number":
      return ofType("number")
    case "Boolean":
      return ofType("boolean")
    case "BigInt":
      return ofType("bigint")
    case "Literal":
      return same(ast.literal)
    case "Null":
      return same(null)
    case "Unknown":
      return (value) => value
    case "Objects":
      return objectsOf(ast, reading)
    case "Arrays":
      return arrayOf(ast, reading)
    case "Union":
      return literalsOf(ast) ?? unionOf(ast, reading)
    default:
      return undefined
  }
}

const filtersOf = (checks: ReadonlyArray<SchemaAST.Check<unknown>>): ReadonlyArray<SchemaAST.Filter<unknown>> =>
  checks.flatMap((check) => (check._tag === "Filter" ? [check] : filtersOf(check.checks)))

const checked = (ast: SchemaAST.AST, parse: Parse): Parse => {
  const filters = filtersOf(ast.checks ?? [])
  return (value) => {
    const parsed = parse(value)
    if (parsed === unfit) return unfit
    for (const filter of filters) if (filter.run(parsed, ast, options) !== undefined) return unfit
    return parsed
  }
}

/** A step from one form of a value to the next; undefined where it is more than a function of the value. */
const stepOf = ({ transformation }: SchemaAST.Link): Parse | undefined => {
  if (transformation._tag !== "Transformation") return undefined
  const { decode } = transformation
  switch (decode._tag) {
    case "Passthrough":
      return (value) => value
    case "Transform":
      return decode.transform
    case "TransformEffect":
      return (value) => {
        const made: unknown = decode.transform(value, options)
        return Exit.isExit(made) && Exit.isSuccess(made) ? made.value : unfit
      }
    default:
      return undefined
  }
}

/** The parser of a type; undefined where it has a part that only Schema itself can parse. */
export const parserOf = (ast: SchemaAST.AST, reading: Reading): Parse | undefined => {
  const base = baseOf(ast, reading)
  if (base === undefined) return undefined
  if (reading.isStrict && "encodingChecks" in ast && ast.encodingChecks !== undefined) return undefined
  const own = reading.isStrict && ast.checks !== undefined ? checked(ast, base) : base
  let parse: Parse = own
  // From the type's own form back to the one that it is read from, each step after the one behind it.
  for (const link of ast.encoding ?? []) {
    const step = stepOf(link)
    const before = parserOf(link.to, reading)
    if (step === undefined || before === undefined) return undefined
    const after = parse
    parse = (value) => {
      const read = before(value)
      const made = read === unfit ? unfit : step(read)
      return made === unfit ? unfit : after(made)
    }
  }
  return parse
}
