import { after, describe, test } from "node:test"
import { type Layer, ManagedRuntime } from "effect"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import { proofSpecs } from "./ProofSpecs.ts"

/** The suite that every implementation of the port `LedgerTree` passes, given with the ledger that it is the tree of. */
export const proofContract = <E>(name: string, layer: Layer.Layer<Ledger | LedgerTree, E>): void => {
  describe(`${name} as a tree of proofs`, () => {
    const runtime = ManagedRuntime.make(layer)
    after(() => runtime.dispose())
    proofSpecs((title, body) => {
      test(title, () => runtime.runPromise(body))
    })
  })
}
