import { Schema, SchemaTransformation } from "effect"

/** Longest name, in code points of its NFC form. */
export const lengthMax = 100

// Controls, line and paragraph separators and lone surrogates cannot be printed or stored; the bidirectional controls
// could make a name read as another one.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

const Normalized = Schema.String.check(
  Schema.makeFilter((name: string) => (name === name.normalize("NFC") ? undefined : "a name is in Unicode form NFC")),
  Schema.isMinCodePoints(1),
  Schema.isMaxCodePoints(lengthMax),
  Schema.isTrimmed(),
  Schema.makeFilter((name: string) => (unprintable.test(name) ? "a name has no control characters" : undefined))
).pipe(Schema.brand("AccountName"))

/**
 * The label a customer gives an account: 1 to {@link lengthMax} code points, no control characters, no spaces around.
 * Decoding brings it to Unicode form NFC, so that equal names are equal texts.
 */
export const AccountName = Schema.String.pipe(
  Schema.decodeTo(
    Normalized,
    SchemaTransformation.transform({ decode: (text: string) => text.normalize("NFC"), encode: (name: string) => name })
  )
)
export type AccountName = typeof AccountName.Type
