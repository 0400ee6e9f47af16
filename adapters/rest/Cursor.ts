/** Cursors: opaque to callers, so that what they hold may change. */

// The list's name is inside, so that a cursor of one list is refused by another.
const versioned = (list: string): string => `1:${list}:`

/** The cursor that continues `list` after an item. */
export const cursorOf = (list: string, after: string | number): string =>
  Buffer.from(`${versioned(list)}${JSON.stringify(after)}`).toString("base64url")

/** What the cursor continues after, undefined where it is no cursor of `list`. */
export const afterOf = (list: string, cursor: string): string | number | undefined => {
  const text = Buffer.from(cursor, "base64url").toString()
  const prefix = versioned(list)
  if (!text.startsWith(prefix)) return undefined
  const rest = text.slice(prefix.length)
  const after = /^\d{1,15}$/u.test(rest)
    ? Number(rest)
    : (/^"([\x21\x23-\x5b\x5d-\x7e]{1,64})"$/u.exec(rest)?.[1] ?? undefined)
  // Base64 has several spellings of the same bytes; only the one that was given out is taken.
  return after !== undefined && cursorOf(list, after) === cursor ? after : undefined
}
