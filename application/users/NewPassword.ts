import { Effect } from "effect"
import { Password, type User } from "../../domain/identity/index.ts"
import { BreachedPasswords, PasswordHasher } from "../ports/Crypto.ts"

/** Whose a new password is to be. */
interface Owner {
  readonly email?: User.Email | undefined
  readonly name?: string | undefined
}

/** Checks a new password. Errors: PasswordRefused. */
export const checkPassword = Effect.fnUntraced(function* (password: string, { email, name }: Owner) {
  const breached = yield* BreachedPasswords
  const owner = { ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) }
  const text = yield* Effect.fromResult(Password.check(password, owner))
  if (yield* breached.has(text)) return yield* Effect.fail(new Password.PasswordRefused({ reason: "breached" }))
  return text
})

/** Checks a new password and hashes it. Errors, first wins: PasswordRefused, HashingOverloaded. */
export const newPassword = Effect.fnUntraced(function* (password: string, owner: Owner) {
  const hasher = yield* PasswordHasher
  return yield* hasher.hash(yield* checkPassword(password, owner))
})
