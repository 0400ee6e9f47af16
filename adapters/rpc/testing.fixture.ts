/** What the tests of this folder share: callers by token. */
import { Effect, Layer } from "effect"
import { Authenticator, Unauthenticated } from "../../application/ports/Caller.ts"
import { CustomerId, TypedId } from "../../domain/ids/index.ts"

/** The token that the tests' server knows. */
export const token = "token-of-ada"

const customer = CustomerId.make(TypedId.fromUuid("cus", "01890a5d-ac96-774b-bcce-b302099a8057"))

/** Knows one token, of one caller. */
export const authenticatorLayer = Layer.succeed(Authenticator, {
  authenticate: (presented) =>
    presented === token ? Effect.succeed({ id: "ada", customer }) : Effect.fail(new Unauthenticated({}))
})
