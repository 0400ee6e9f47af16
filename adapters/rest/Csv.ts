/** Comma-separated values by RFC 4180. */

// What a spreadsheet would take for a formula, which a payer could have written to the payee's harm (OWASP).
const formula = /^[=+\-@\t\r]/u

const quoted = (field: string): string => (/[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

/** A line of fields, with its end. */
export const csvLine = (fields: ReadonlyArray<string>): string => `${fields.map(quoted).join(",")}\r\n`

/** A text that people wrote, with an apostrophe before it where a spreadsheet would run it. */
export const csvText = (text: string): string => (formula.test(text) ? `'${text}` : text)
