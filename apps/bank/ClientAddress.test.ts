import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { addressIn } from "./ClientAddress.ts"

describe("the address that a request is counted under", () => {
  test("is the peer's where no proxy is trusted, whatever the client says", () =>
    assert.equal(addressIn("1.2.3.4", "10.0.0.9", 0), "10.0.0.9"))

  test("is what the only proxy was told, not what the client wrote before it", () =>
    assert.equal(addressIn("6.6.6.6, 1.2.3.4", "10.0.0.9", 1), "1.2.3.4"))

  test("is what the outermost of two proxies was told", () =>
    assert.equal(addressIn("6.6.6.6, 1.2.3.4, 10.0.0.8", "10.0.0.9", 2), "1.2.3.4"))

  test("is the peer's where the header is missing or holds no address", () => {
    assert.equal(addressIn(undefined, "10.0.0.9", 1), "10.0.0.9")
    assert.equal(addressIn("<script>", "10.0.0.9", 1), "10.0.0.9")
  })
})
