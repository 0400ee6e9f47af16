/** Array literals of PostgreSQL (manual, 8.15): a set of rows goes into a statement as one parameter for each column. */

const special = /[\\"]/gu

/** Texts without `,`, `{`, `}`, quotes, backslashes and spaces: numbers, ids, digests, names of enums. */
export const plain = (values: ReadonlyArray<string | number | bigint | boolean>): string => `{${values.join(",")}}`

const quoted = (value: string | undefined): string =>
  value === undefined ? "NULL" : `"${value.replace(special, "\\$&")}"`

/** Any texts; undefined is NULL. */
export const texts = (values: ReadonlyArray<string | undefined>): string => `{${values.map(quoted).join(",")}}`

/** Plain texts of which some are NULL. */
export const nullable = (values: ReadonlyArray<string | number | undefined>): string =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`
