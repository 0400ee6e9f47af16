/**
 * Array literals of PostgreSQL (manual, 8.15): a set of rows goes into a statement as one parameter for each column.
 */

const special = /[\\"]/gu

/** Any text as an element of an array literal. */
export const quoted = (text: string): string => `"${text.replace(special, "\\$&")}"`

/** Any text without NUL as a literal of SQL, where `standard_conforming_strings` is on. */
export const quotedLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

type Value = string | number | bigint | boolean

/**
 * The array of texts that need no quotes (numbers, ids, digests, names of enums), or of texts that are quoted already;
 * undefined is NULL.
 */
export const arrayOf = (values: Iterable<Value | undefined>): string =>
  `{${Array.from(values, (value) => value ?? "NULL").join(",")}}`

/** A column that grows by one value for each row. */
export interface Column {
  readonly name: string
  /** The type of its elements. */
  readonly type: string
  /** Adds a value as `arrayOf` takes it. */
  readonly add: (value: Value | undefined) => void
  readonly literal: () => string
}

export const column = (name: string, type: string): Column => {
  const values: Array<Value> = []
  return {
    name,
    type,
    add: (value) => {
      values.push(value ?? "NULL")
    },
    literal: () => `{${values.join(",")}}`
  }
}
