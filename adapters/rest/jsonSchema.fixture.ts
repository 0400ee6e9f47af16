/** As much of JSON Schema 2020-12 as the API description uses; a keyword that it does not know fails the test. */

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const annotations = new Set(["description", "title", "format", "default", "examples", "$comment"])

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

const resolve = (root: unknown, reference: string): unknown =>
  reference
    .replace(/^#\//u, "")
    .split("/")
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), root)

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const lengthOf = (value: unknown): number => (typeof value === "string" ? [...value].length : list(value).length)

/** What is wrong with `value` by `schema`, whose references are resolved in `root`; nothing if it is valid. */
export const schemaFaults = (root: unknown, schema: unknown, value: unknown, path = "$"): ReadonlyArray<string> => {
  if (!isObject(schema)) return [`${path}: no schema`]
  const own = (test: boolean, what: string): ReadonlyArray<string> => (test ? [] : [`${path}: ${what}`])
  const valid = (inner: unknown): boolean => schemaFaults(root, inner, value, path).length === 0
  return Object.entries(schema).flatMap(([keyword, rule]): ReadonlyArray<string> => {
    if (annotations.has(keyword)) return []
    switch (keyword) {
      case "$ref":
        return schemaFaults(root, resolve(root, String(rule)), value, path)
      case "type": {
        const types = Array.isArray(rule) ? rule : [rule]
        const type = typeOf(value)
        return own(types.includes(type) || (type === "integer" && types.includes("number")), `is ${type}, not ${rule}`)
      }
      case "enum":
        return own(list(rule).includes(value), `is none of ${list(rule).join()}`)
      case "const":
        return own(value === rule, `is not ${rule}`)
      case "pattern":
        return own(typeof value !== "string" || new RegExp(String(rule), "u").test(value), `does not match ${rule}`)
      case "minLength":
      case "minItems":
        return own(lengthOf(value) >= Number(rule), `is shorter than ${rule}`)
      case "maxLength":
      case "maxItems":
        return own(lengthOf(value) <= Number(rule), `is longer than ${rule}`)
      case "uniqueItems":
        return own(
          rule !== true || new Set(list(value).map((item) => JSON.stringify(item))).size === lengthOf(value),
          "repeats"
        )
      case "minimum":
        return own(typeof value !== "number" || value >= Number(rule), `is below ${rule}`)
      case "maximum":
        return own(typeof value !== "number" || value <= Number(rule), `is above ${rule}`)
      case "maxProperties":
        return own(!isObject(value) || Object.keys(value).length <= Number(rule), `has over ${rule} properties`)
      case "required":
        return list(rule).flatMap((name) =>
          own(!isObject(value) || Object.hasOwn(value, String(name)), `lacks ${String(name)}`)
        )
      case "properties":
        return Object.entries(isObject(value) ? value : {}).flatMap(([name, inner]) =>
          isObject(rule) && Object.hasOwn(rule, name) ? schemaFaults(root, rule[name], inner, `${path}.${name}`) : []
        )
      case "patternProperties":
        return Object.entries(isObject(value) ? value : {}).flatMap(([name, inner]) =>
          Object.entries(isObject(rule) ? rule : {}).flatMap(([pattern, each]) =>
            new RegExp(pattern, "u").test(name) ? schemaFaults(root, each, inner, `${path}.${name}`) : []
          )
        )
      case "additionalProperties": {
        if (rule !== false) return isObject(rule) ? [`${path}: additionalProperties is not known here`] : []
        const { properties, patternProperties } = schema
        const patterns = Object.keys(isObject(patternProperties) ? patternProperties : {})
        return Object.keys(isObject(value) ? value : {}).flatMap((name) =>
          own(
            (isObject(properties) && Object.hasOwn(properties, name)) ||
              patterns.some((pattern) => new RegExp(pattern, "u").test(name)),
            `has ${name} besides`
          )
        )
      }
      case "items":
        return list(value).flatMap((item, index) => schemaFaults(root, rule, item, `${path}.${index}`))
      case "allOf":
        return list(rule).flatMap((inner) => schemaFaults(root, inner, value, path))
      case "anyOf":
        return own(list(rule).some(valid), "is none of anyOf")
      case "oneOf":
        return own(list(rule).filter(valid).length === 1, "is not one of oneOf")
      default:
        return [`${path}: the keyword ${keyword} is not known here`]
    }
  })
}
