const names = new Map<string, string>()

const nameOf = (name: string): string => {
  const known = names.get(name)
  if (known !== undefined) return known
  const text = `${JSON.stringify(name)}:`
  names.set(name, text)
  return text
}

/**
 * The one text of a value, whatever the order of its keys: two values have the same text exactly when they are deeply
 * equal. Bigints end in `n`, an undefined field differs from an absent one, and an error is its fields and its tag.
 */
export const canonical = (value: unknown): string => {
  if (typeof value === "bigint") return `${value}n`
  if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  const own = Object.keys(value)
  // The tag of an error may sit on its prototype.
  if ("_tag" in value && !own.includes("_tag")) own.push("_tag")
  let text = ""
  for (const name of own.sort()) text += `${nameOf(name)}${canonical(Reflect.get(value, name))},`
  return `{${text}}`
}
