/** What the tests of this folder share: a caller with a token, ids, and the independent client `buf curl`. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Bank } from "../../application/ports/Bank.ts"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { Ids } from "../../application/ports/Ids.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { Product } from "../../domain/accounts/index.ts"
import { CustomerId, TypedId } from "../../domain/ids/index.ts"
import { anyone } from "../contract/index.ts"
import { termsOfSimulation } from "../memory/index.ts"

/** The tokens that the tests' server knows. */
export const token = "token-of-ada"
export const otherToken = "token-of-bob"

const customer = (uuid: string) => CustomerId.make(TypedId.fromUuid("cus", uuid))
export const ada: Caller = { ...anyone, id: "ada", customer: customer("01890a5d-ac96-774b-bcce-b302099a8057") }
export const bob: Caller = { ...anyone, id: "bob", customer: customer("01890a5d-ac96-774b-bcce-b302099a8058") }

const callers: ReadonlyMap<string, Caller> = new Map([
  [token, ada],
  [otherToken, bob]
])

/** Knows two callers. */
export const authenticatorLayer = Layer.succeed(Authenticator, {
  isOpen: () => true,
  authenticate: (presented) => {
    const caller = callers.get(presented.token)
    return caller === undefined ? Effect.fail(new Unauthenticated({ reason: "invalid" })) : Effect.succeed(caller)
  }
})

/** The terms of a simulation, for services that stand behind no other door. */
export const termsLayer = Layer.succeed(Terms, termsOfSimulation)

/** A bank of a country without IBANs that offers the built-in products. */
export const bankLayer = Layer.succeed(Bank, { products: Product.builtIn })

/** Counted ids. */
export const idsLayer = Layer.sync(Ids, () => {
  let count = 0
  return {
    next: (millis) => {
      const random = new Uint8Array(TypedId.randomByteLength)
      new DataView(random.buffer).setUint32(6, ++count)
      return TypedId.uuidV7(millis, random)
    }
  }
})

const root = join(import.meta.dirname, "../..")

/** What a run of a client printed; `code` is its exit code. */
export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `buf curl` with these arguments, for at most 20 seconds. */
export const bufCurl = (...args: ReadonlyArray<string>): Promise<Printed> =>
  new Promise((resolve) => {
    const options = { cwd: root, timeout: 20_000, maxBuffer: 16 * 1024 * 1024 }
    execFile(join(root, "node_modules/.bin/buf"), ["curl", ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, out, err })
    })
  })
