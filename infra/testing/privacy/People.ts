/** People whose every field has a value that occurs nowhere else. */
import { LocalDate } from "../../../domain/calendar/index.ts"
import { User } from "../../../domain/identity/index.ts"
import type { Dice } from "../reference/Dice.ts"
import type { Collection } from "./Values.ts"

/** Whoever is seeded, and from where it comes to the bank. */
export interface Person {
  readonly email: User.Email
  /** What the address is changed to later. */
  readonly nextEmail: User.Email
  readonly password: string
  readonly nextPassword: string
  readonly profile: User.Profile
  readonly nextProfile: User.Profile
  readonly origin: { readonly address: string; readonly userAgent: string; readonly reason: string }
}

const letters = "abcdefghijklmnopqrstuvwxyz"
const symbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
const digits = "0123456789"

const drawn = (dice: Dice, from: string, length: number): string =>
  Array.from({ length }, () => from.charAt(dice.below(from.length))).join("")

const word = (dice: Dice): string => {
  const text = drawn(dice, letters, 11)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A day between 1930 and 2007. */
const day = (dice: Dice): LocalDate.LocalDate => LocalDate.fromEpochDay(dice.below(28_000) - 14_600)

const profileOf = (dice: Dice, values: Collection): User.Profile => {
  const [first, last] = [values.personal("first name", word(dice)), values.personal("last name", word(dice))]
  const phone = `49${drawn(dice, digits, 11)}`
  values.personal("phone, digits alone", phone.slice(2))
  const birthDate = day(dice)
  values.personal("birth date", birthDate)
  const street = values.personal("street", word(dice))
  return {
    fullName: values.personal("full name", `${first} Ü. ${last}`),
    birthDate,
    phone: values.personal("phone", `+${phone}`),
    address: {
      line1: values.personal("address line 1", `${street}straße ${dice.below(100)}`),
      line2: values.personal("address line 2", `c/o ${word(dice)}`),
      city: values.personal("city", `${word(dice)}-Überlingen`),
      postalCode: values.personal("postal code", `PX${drawn(dice, symbols, 12)}`),
      country: "DE"
    }
  }
}

const emailOf = (dice: Dice, values: Collection): User.Email => {
  const mailbox = values.personal("mailbox", `${word(dice)}.${word(dice)}`)
  const email = User.Email.make(`${mailbox}@${drawn(dice, letters, 8)}.Example`)
  return values.personal("email", email)
}

const addressOf = (dice: Dice): string => {
  const group = (): string => (0x1000 + dice.below(0xefff)).toString(16)
  return `2001:db8:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}`
}

/** The next person of a run; every value of it is noted. */
export const personOf = (dice: Dice, values: Collection): Person => ({
  email: emailOf(dice, values),
  nextEmail: emailOf(dice, values),
  password: values.personal("password", `${drawn(dice, symbols, 9)} ${drawn(dice, letters, 9)}`),
  nextPassword: values.personal("password", `${drawn(dice, symbols, 9)} ${drawn(dice, letters, 9)}`),
  profile: profileOf(dice, values),
  nextProfile: profileOf(dice, values),
  origin: {
    address: values.personal("client address", addressOf(dice)),
    userAgent: values.personal("user agent", `Browser/${drawn(dice, symbols, 12)} (${word(dice)})`),
    reason: values.personal("reason", `asked for by ${word(dice)} on the phone`)
  }
})
