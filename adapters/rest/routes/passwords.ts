import { UserGuards } from "../../../application/access/index.ts"
import {
  RequestPasswordReset,
  ResetPassword,
  requestPasswordReset,
  resetPassword
} from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"
import { password, ticket } from "../examples.ts"
import { nothing } from "../Nothing.ts"

/** New passwords for those who have forgotten theirs. */
export const passwords = [
  endpoint({
    method: "POST",
    path: "/v1/password-resets",
    operationId: "requestPasswordReset",
    summary: "Ask for a token by mail; whether the address is known is told to nobody",
    command: RequestPasswordReset,
    ...nothing,
    errors: ["LoginThrottled"],
    example: { email: "ada@example.com" },
    guard: UserGuards.requestPasswordReset,
    run: (command, { origin }) => requestPasswordReset(command, origin)
  }),
  endpoint({
    method: "POST",
    path: "/v1/password-resets/confirm",
    operationId: "resetPassword",
    summary: "Set a new password with the token that was mailed, and end all sessions",
    command: ResetPassword,
    ...nothing,
    errors: ["InvalidCode", "PasswordRefused", "HashingOverloaded"],
    example: { token: ticket, password },
    guard: UserGuards.resetPassword,
    run: (command) => resetPassword(command)
  })
]
