/** Reads the fields of a row with their types checked: a row that is not what the schema says is a bug and dies. */

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>

const wrong = (name: string, value: unknown): never => {
  throw new TypeError(`column ${name} holds ${value === null ? "null" : typeof value}`)
}

export const textOf = (row: Row, name: string): string => {
  const value = row[name]
  return typeof value === "string" ? value : wrong(name, value)
}

export const optionalText = (row: Row, name: string): string | undefined =>
  row[name] === null ? undefined : textOf(row, name)

export const bigintOf = (row: Row, name: string): bigint => {
  const value = row[name]
  return typeof value === "bigint" ? value : wrong(name, value)
}

/** A whole number, from a column of 2, 4 or 8 bytes; beyond 2⁵³ it would not be exact and dies. */
export const intOf = (row: Row, name: string): number => {
  const value = row[name]
  const number = typeof value === "bigint" ? Number(value) : value
  return typeof number === "number" && Number.isSafeInteger(number) ? number : wrong(name, value)
}

export const booleanOf = (row: Row, name: string): boolean => {
  const value = row[name]
  return typeof value === "boolean" ? value : wrong(name, value)
}

/** A text that is one of `literals`. */
export const oneOf = <A extends string>(row: Row, name: string, literals: ReadonlyArray<A>): A => {
  const value = row[name]
  return literals.find((literal) => literal === value) ?? wrong(name, value)
}

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value)

/** The objects of a JSON array. */
export const rowsIn = (row: Row, name: string): ReadonlyArray<Row> => {
  const value = row[name]
  return Array.isArray(value) && value.every(isRow) ? value : wrong(name, value)
}

/** The bytes of a `bytea`. */
export const bytesOf = (row: Row, name: string): Uint8Array => {
  const value = row[name]
  return value instanceof Uint8Array ? value : wrong(name, value)
}

export const optionalBytes = (row: Row, name: string): Uint8Array | undefined =>
  row[name] === null ? undefined : bytesOf(row, name)
