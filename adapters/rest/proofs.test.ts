import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer, Result, Schema } from "effect"
import { PublicKey } from "../../application/proofs/index.ts"
import { Consistency, ReceiptProof, TreeHead, verifyReceipt } from "../../domain/proofs/index.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const read = <A>(schema: Schema.Codec<A, unknown>, text: string): A =>
  Result.getOrThrow(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(JSON.parse(text)))

describe("proofs over REST", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  after(() => bank.dispose())

  const deposit = async (): Promise<string> => {
    const account = await bank.send("POST", "/v1/accounts", {
      body: { product: "checking", currency: "USD" },
      key: freshKey()
    })
    const paid = await bank.send("POST", `/v1/accounts/${account.textAt("id")}/deposits`, {
      body: { amount: { amount: "12.34", currency: "USD" } },
      key: freshKey()
    })
    return paid.textAt("id")
  }
  const publicKey = async () =>
    read(PublicKey, (await bank.send("GET", "/.well-known/ledger-key.json", { token: null })).text).publicKey

  test("a receipt's proof verifies with the published key, and shows no balance", async () => {
    const id = await deposit()
    const answered = await bank.send("GET", `/v1/transactions/${id}/proof`)
    assert.equal(answered.status, 200)
    assert.ok(!answered.text.includes("balance"))
    const proof = read(ReceiptProof, answered.text)
    assert.ok(Result.isSuccess(verifyReceipt(proof, await publicKey())))
  })

  test("a later head extends an earlier one, provably", async () => {
    const head = async () => read(TreeHead.SignedTreeHead, (await bank.send("GET", "/v1/ledger/tree-head")).text)
    const earlier = await head()
    await deposit()
    const later = await head()
    const sizes = `from=${earlier.head.treeSize}&to=${later.head.treeSize}`
    const answered = await bank.send("GET", `/v1/ledger/consistency?${sizes}`)
    const proof = read(Consistency.ConsistencyProof, answered.text)
    assert.ok(Result.isSuccess(TreeHead.verifyExtension(proof, earlier, later, await publicKey())))
  })

  test("a size beyond the tree is out_of_tree, one that is no number an invalid request", async () => {
    const beyond = await bank.send("GET", "/v1/ledger/consistency?from=0&to=1000000")
    assert.deepEqual([beyond.status, beyond.at("code")], [422, "out_of_tree"])
    const wrong = await bank.send("GET", "/v1/ledger/consistency?from=0&to=-1")
    assert.deepEqual([wrong.status, wrong.at("code")], [400, "invalid_request"])
  })

  test("a transaction that is not there has no proof", async () => {
    const answered = await bank.send("GET", "/v1/transactions/txn_01h455vb4pex5vsknk084sn02q/proof")
    assert.deepEqual([answered.status, answered.at("code")], [404, "transaction_not_found"])
  })
})
