import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Cause, Effect, Exit, Layer } from "effect"
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
  // Versions without a journal wrote an account's row with every batch.
  const layer = Layer.provideMerge(
    Layer.provideMerge(LedgerTree.layer(), Ledger.layer({ snapshotEntriesMax: 1 })),
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
  await sql`update ledger.ledger set journal_hash = null`
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

test("a ledger whose journal does not end as it was written is not taken over", { timeout }, async () => {
  const { url, drop } = await createDatabase()
  after(drop)
  const layer = Layer.provideMerge(Ledger.layer(), Layer.merge(migrated(url), idsForTests))
  await Effect.runPromise(Effect.provide(funded(100), layer))
  const sql = postgres(url, { max: 1 })
  await sql`create table batch as select * from ledger.batch`
  const taken = () => Effect.runPromiseExit(Effect.provide(funded(1), layer))
  for (const edit of [
    "delete from ledger.batch where number = (select max(number) from ledger.batch)",
    "delete from ledger.batch",
    "update ledger.ledger set batches = batches - 1"
  ]) {
    await sql.unsafe(edit)
    const exit = await taken()
    assert.ok(Exit.isFailure(exit) && Cause.hasDies(exit.cause), edit)
    assert.match(Cause.pretty(exit.cause), /run gbank verify/u)
    await sql`insert into ledger.batch select * from batch on conflict do nothing`
  }
  await sql`update ledger.ledger set batches = batches + 1`
  assert.ok(Exit.isSuccess(await taken()))
  await sql.end()
})

test("where a version that keeps no end has written last, the next takeover keeps it", { timeout }, async () => {
  const { url, drop } = await createDatabase()
  after(drop)
  const layer = Layer.provideMerge(Ledger.layer(), Layer.merge(migrated(url), idsForTests))
  await Effect.runPromise(Effect.provide(funded(100), layer))
  const sql = postgres(url, { max: 1 })
  // Such a version writes only what no version has written that lets rows of accounts lag.
  await assert.rejects(sql`select ledger.fence(ledger_id, epoch, batches) from ledger.ledger`, /a newer version/u)
  await sql`update ledger.ledger set lags = false`
  await sql`select ledger.fence(ledger_id, epoch, batches) from ledger.ledger`
  const verify = Effect.provide(verifyStored(defaultLedgerId), postgresLayer({ url }))
  assert.match((await Effect.runPromise(verify)).findings[0]?.detail ?? "", /does not say how the journal ends/u)
  await Effect.runPromise(Effect.provide(funded(1), layer))
  assert.deepEqual((await Effect.runPromise(verify)).findings, [])
  await sql.end()
})
