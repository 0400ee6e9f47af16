import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { getReceiptProof, getTreeHead } from "../../../application/proofs/index.ts"
import { cents, funded, hold, posted, submit, transfer } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated, signerForTests } from "../fixture.ts"
import { layer as postgresLayer } from "../Postgres.ts"
import { verifyStored } from "../verify/Verify.ts"
import * as Ledger from "./Ledger.ts"
import * as LedgerTree from "./LedgerTree.ts"
import { defaultLedgerId } from "./Options.ts"

const timeout = 60_000

test("a ledger without a journal is journaled when it is taken over, and goes on from there", { timeout }, async () => {
  const { url, drop } = await createDatabase()
  after(drop)
  const layer = Layer.provideMerge(
    Layer.provideMerge(LedgerTree.layer(), Ledger.layer()),
    Layer.mergeAll(migrated(url), idsForTests, signerForTests)
  )
  const { id, head } = await Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        const { bank, account } = yield* funded(100_000)
        const { id } = yield* posted(transfer(account, bank, cents(500)))
        yield* submit({ ...hold(account, bank, cents(3)), description: "Hotel", metadata: { room: "7" } })
        yield* Effect.flip(submit(transfer(account, bank, cents(1_000_000))))
        const many = Array.from({ length: 2500 }, () => submit(transfer(account, bank, cents(1))))
        yield* Effect.all(many, { concurrency: "unbounded" })
        return { id, head: yield* getTreeHead() }
      }),
      layer
    )
  )
  const sql = postgres(url, { max: 1 })
  await sql`truncate ledger.batch, ledger.node, ledger.head`
  await sql.end()
  await Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        const again = yield* getTreeHead()
        assert.deepEqual(again.head.rootHash, head.head.rootHash)
        assert.equal(again.head.treeSize, head.head.treeSize)
        yield* getReceiptProof({ transaction: id })
        const { bank, account } = yield* funded(10)
        const { id: next } = yield* posted(transfer(account, bank, cents(1)))
        const proof = yield* getReceiptProof({ transaction: next })
        assert.equal(proof.inclusion.leafIndex, head.head.treeSize + 1)
      }),
      layer
    )
  )
  const verified = await Effect.runPromise(
    Effect.provide(verifyStored(defaultLedgerId, { head }), postgresLayer({ url }))
  )
  assert.deepEqual(verified.findings, [])
})
