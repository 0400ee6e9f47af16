import { Result, Schema } from "effect"
import type { AccountNumber } from "./AccountNumber.ts"
import { bbanStructures } from "./IbanRegistry.ts"

/** Why a text is no IBAN; in the order in which the checks are made. */
export const Reason = Schema.Literals(["unknownCountry", "wrongLength", "wrongStructure", "wrongCheckDigits"])
export type Reason = typeof Reason.Type

/**
 * A text is no IBAN. `expected` and `actual` belong to the reason:
 *
 * - `unknownCountry`: the registry has no such country; `actual` is what stands in its place.
 * - `wrongLength`: characters of the whole IBAN.
 * - `wrongStructure`: the structure (ISO 13616 notation) and the IBAN that does not have it.
 * - `wrongCheckDigits`: the two digits.
 */
export class InvalidIban extends Schema.TaggedError<InvalidIban>()("InvalidIban", {
  reason: Reason,
  country: Schema.String,
  expected: Schema.String,
  actual: Schema.String
}) {}

/** The bank has no rule to derive an IBAN of this country from its account numbers. */
export class UnsupportedCountry extends Schema.TaggedError<UnsupportedCountry>()("UnsupportedCountry", {
  country: Schema.String,
  supported: Schema.Array(Schema.String)
}) {}

/** Countries of the ISO 13616 registry, in alphabetical order. */
export const countries: ReadonlyArray<string> = Object.keys(bbanStructures).sort()

interface Structure {
  /** For instance `DE2!n8!n10!n`. */
  readonly notation: string
  /** Characters of the whole IBAN. */
  readonly length: number
  readonly pattern: RegExp
}

const characters: Readonly<Record<string, string>> = { n: "[0-9]", a: "[A-Z]", c: "[A-Z0-9]" }

const compile = (country: string, bban: string): Structure => {
  const notation = `${country}2!n${bban}`
  const fields = [...notation.matchAll(/(\d+)!([nac])/g)]
  return {
    notation,
    length: fields.reduce((length, [, count]) => length + Number(count), country.length),
    pattern: new RegExp(
      `^${country}${fields.map(([, count, kind]) => `${characters[kind ?? ""]}{${count}}`).join("")}$`
    )
  }
}

const structures: ReadonlyMap<string, Structure> = new Map(
  Object.entries(bbanStructures).map(([country, bban]) => [country, compile(country, bban)])
)

/** Remainder by 97 of the number that the text spells, letters counting as A = 10 … Z = 35 (ISO 7064). */
const mod97 = (text: string): number => {
  let remainder = 0
  for (const character of text) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97
  }
  return remainder
}

/**
 * The check digits by ISO 7064 mod 97-10, always 02 to 98. Comparing with them is stricter than testing that the
 * remainder is 1, which 00, 01 and 99 would pass in the place of 97, 98 and 02.
 */
const checkDigits = (country: string, bban: string): string =>
  String(98 - mod97(`${bban}${country}00`)).padStart(2, "0")

const validate = (text: string): InvalidIban | undefined => {
  const country = text.slice(0, 2)
  const structure = structures.get(country)
  if (structure === undefined) {
    return new InvalidIban({
      reason: "unknownCountry",
      country,
      expected: "a country of the ISO 13616 registry",
      actual: country
    })
  }
  if (text.length !== structure.length) {
    return new InvalidIban({
      reason: "wrongLength",
      country,
      expected: String(structure.length),
      actual: String(text.length)
    })
  }
  if (!structure.pattern.test(text)) {
    return new InvalidIban({ reason: "wrongStructure", country, expected: structure.notation, actual: text })
  }
  const expected = checkDigits(country, text.slice(4))
  const actual = text.slice(2, 4)
  return expected === actual ? undefined : new InvalidIban({ reason: "wrongCheckDigits", country, expected, actual })
}

/** One sentence that says why. It does not repeat the IBAN, so that it may be logged. */
export const explain = (invalid: InvalidIban): string => {
  switch (invalid.reason) {
    case "unknownCountry":
      return `no IBAN country code: ${JSON.stringify(invalid.actual)}`
    case "wrongLength":
      return `an IBAN of ${invalid.country} has ${invalid.expected} characters, not ${invalid.actual}`
    case "wrongStructure":
      return `an IBAN of ${invalid.country} has the structure ${invalid.expected} (n digits, a letters, c either)`
    case "wrongCheckDigits":
      return `the check digits ${invalid.actual} do not match the rest of the IBAN`
  }
}

/**
 * An international bank account number in its electronic form: upper case, no spaces, of a registered country, with
 * that country's structure and the right check digits (ISO 13616, ISO 7064 mod 97-10). A message says which of the
 * four fails. Use {@link parse} for what people type.
 */
export const Iban = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const invalid = validate(text)
    return invalid === undefined ? undefined : explain(invalid)
  }).abort(),
  Schema.isPattern(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/u)
).pipe(Schema.brand("Iban"))
export type Iban = typeof Iban.Type

const fromElectronic = (text: string): Result.Result<Iban, InvalidIban> => {
  const invalid = validate(text)
  return invalid === undefined ? Result.succeed(Iban.make(text)) : Result.fail(invalid)
}

// Only ASCII letters are raised: String.toUpperCase would turn "ß" into the two valid letters "SS".
const normalize = (text: string): string =>
  text.replace(/[ \u00a0]/g, "").replace(/[a-z]/g, (letter) => letter.toUpperCase())

/**
 * Reads an IBAN as people write it: spaces anywhere, either case.
 *
 * Errors: {@link InvalidIban} with the first {@link Reason} that applies.
 */
export const parse = (text: string): Result.Result<Iban, InvalidIban> => fromElectronic(normalize(text))

/**
 * The IBAN of a country's basic bank account number, with its check digits calculated.
 *
 * Errors: {@link InvalidIban}: unknownCountry, wrongLength, wrongStructure.
 */
export const make = (country: string, bban: string): Result.Result<Iban, InvalidIban> => {
  const known = normalize(country)
  const basic = normalize(bban)
  // Check digits exist only for letters and digits; anything else fails on the structure, whatever stands here.
  const digits = /^[A-Z0-9]*$/.test(known + basic) ? checkDigits(known, basic) : "00"
  return fromElectronic(`${known}${digits}${basic}`)
}

/** The printed form: groups of four characters (ISO 13616). */
export const print = (iban: Iban): string => iban.replace(/.{4}(?=.)/g, "$& ")

/** The two-letter country of an IBAN (ISO 3166-1, and XK). */
export const country = (iban: Iban): string => iban.slice(0, 2)

/** The basic bank account number: what follows the country and the check digits. */
export const bban = (iban: Iban): string => iban.slice(4)

/**
 * How a bank is named inside its IBANs: `bankCode` is all of the BBAN that stands before the account number, the
 * Bankleitzahl (8 digits) in DE, the bank's 4 letters and the 6-digit sort code in GB.
 */
export const BankIdentity = Schema.Struct({ country: Schema.String, bankCode: Schema.String })
export type BankIdentity = typeof BankIdentity.Type

// Digits of the account number in the BBAN, for the countries whose BBAN is a bank code and a number, nothing more.
const accountNumberDigits: ReadonlyMap<string, number> = new Map([
  ["DE", 10],
  ["GB", 8]
])

/**
 * The IBAN of one of the bank's own account numbers, which loses leading zeros to fit the country's width.
 *
 * Errors, in this order: {@link UnsupportedCountry}; {@link InvalidIban} wrongLength, when the bank code has another
 * length than the country's or the number has more significant digits than the country's; {@link InvalidIban}
 * wrongStructure, when the bank code has.
 */
export const fromNumber = (
  identity: BankIdentity,
  number: AccountNumber
): Result.Result<Iban, InvalidIban | UnsupportedCountry> => {
  const digits = accountNumberDigits.get(identity.country)
  if (digits === undefined) {
    return Result.fail(
      new UnsupportedCountry({ country: identity.country, supported: [...accountNumberDigits.keys()] })
    )
  }
  return make(identity.country, identity.bankCode + number.replace(/^0+/, "").padStart(digits, "0"))
}
