import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, test } from "node:test"
import { keyOf } from "../../../application/ports/Idempotency.ts"
import { AccountId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { canonical, fingerprintOf, keyDigest } from "./Fingerprint.ts"

const from = AccountId.make("acc_01h455vb4pex5vsknk084sn02q")
const to = AccountId.make("acc_01h455vb4pex5vsknk084sn02r")

const transfer = (description?: string): Command.Post => {
  const amount = Money.make(1250n, Currency.Code.make("EUR"))
  return {
    _tag: "Post",
    kind: "transfer",
    legs: [
      { accountId: from, side: "debit", amount },
      { accountId: to, side: "credit", amount }
    ],
    ...(description === undefined ? {} : { description })
  }
}

/** The digest as it is defined, by an implementation of its own. */
const defined = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32)

describe("the digests by which a retry is told, as they are stored in every ledger", () => {
  test("a key's is the first half of its SHA-256", () => {
    assert.equal(keyDigest(keyOf("caller", "abc")), defined("caller:abc"))
    assert.equal(keyDigest(keyOf("", "")), "e7ac0786668e0ff0f02b62bd04f45ff6")
  })

  test("a command's is that of its text, of which no two commands have the same", () => {
    const text = `Post transfer 2 ${from} debit 1250EUR ${to} credit 1250EUR`
    assert.equal(canonical(transfer()), `${text} - - -`)
    assert.equal(fingerprintOf(transfer()), defined(`${text} - - -`))
    assert.equal(fingerprintOf(transfer("-")), defined(`${text} - "-" -`))
  })

  test("texts in any script, and longer than a block of SHA-256, are digested as UTF-8", () => {
    for (const description of ["é", "Ā", "😀", "Zürich 東京", "ÿ".repeat(140)])
      assert.equal(fingerprintOf(transfer(description)), defined(canonical(transfer(description))), description)
  })
})
