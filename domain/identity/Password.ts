/**
 * Which passwords are taken (NIST SP 800-63B-4, 3.1.1.2): long ones that nobody else would guess first. Nothing is asked of
 * the characters, and none expires.
 */
import { Result, Schema } from "effect"
import { type Email, emailKey } from "./User.ts"

/** Code points of a password. */
export const lengthMin = 12
export const lengthMax = 128

/** A password as it is sent: bounded, so that nothing large is hashed. A shorter or longer one than is taken is told so. */
export const Password = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1024))

/** The password is too short or too long, or too easily guessed: in it is the user's own name or address, or it is in lists of breached ones. */
export class PasswordRefused extends Schema.TaggedError<PasswordRefused>()("PasswordRefused", {
  reason: Schema.Literals(["too_short", "too_long", "contains_email", "contains_name", "breached"])
}) {}

/** The password as it is hashed and looked up: typed on another keyboard it may be composed otherwise (NFKC). */
export const normalized = (password: string): string => password.normalize("NFKC")

/** Shorter parts of names and addresses occur in anything. */
const partMin = 4

const fold = (text: string): string => text.normalize("NFKC").toLowerCase()

const holds = (password: string, parts: ReadonlyArray<string>): boolean =>
  parts.some((part) => [...part].length >= partMin && password.includes(part))

/** Checks a new password, but for the lists of breached ones. Errors: PasswordRefused, too_short first, contains_name last. */
export const check = (
  password: string,
  user: { readonly email?: Email; readonly name?: string }
): Result.Result<string, PasswordRefused> => {
  const text = normalized(password)
  const length = [...text].length
  const { email, name } = user
  const [mailbox = ""] = email === undefined ? [] : emailKey(email).split("@")
  const folded = fold(text)
  const reason =
    length < lengthMin
      ? "too_short"
      : length > lengthMax
        ? "too_long"
        : holds(folded, [mailbox])
          ? "contains_email"
          : name !== undefined && holds(folded, fold(name).split(/[\s'.-]+/u))
            ? "contains_name"
            : undefined
  return reason === undefined ? Result.succeed(text) : Result.fail(new PasswordRefused({ reason }))
}
