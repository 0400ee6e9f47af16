/**
 * Array literals of PostgreSQL (manual, 8.15): a set of rows goes into a statement as one parameter for each column. The
 * texts are built as the rows come, for a batch has a hundred thousand values.
 */

const special = /[\\"]/gu

/** Any text as an element of an array literal. */
export const quoted = (text: string): string => `"${text.replace(special, "\\$&")}"`

/**
 * The array of texts that need no quotes (numbers, ids, digests, names of enums), or of texts that are quoted already;
 * undefined is NULL.
 */
export const arrayOf = (values: Iterable<string | number | bigint | undefined>): string => {
  let text = ""
  for (const value of values) text += text === "" ? (value ?? "NULL") : `,${value ?? "NULL"}`
  return `{${text}}`
}

/** A column that grows by one value for each row. */
export interface Column {
  readonly name: string
  /** The type of its elements. */
  readonly type: string
  /** Adds a value as `arrayOf` takes it. */
  readonly add: (value: string | number | bigint | boolean | undefined) => void
  readonly literal: () => string
}

export const column = (name: string, type: string): Column => {
  let text = ""
  return {
    name,
    type,
    add: (value) => {
      text += `,${value ?? "NULL"}`
    },
    literal: () => `{${text.slice(1)}}`
  }
}
