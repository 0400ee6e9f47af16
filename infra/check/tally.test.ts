import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { closingLine, tallyBun, tallyDeno, tallyNode, total } from "./tally.ts"

const bun = "(pass) a > one [2.19ms]\n\n 4 pass\n 1 skip\n 2 fail\n 1 error\nRan 7 tests across 3 files. [59.00ms]\n"
const node = "✖ b\nℹ tests 7\nℹ suites 3\nℹ pass 4\nℹ fail 2\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n"
const deno = `<testsuites name="deno test" tests="6" failures="2">
  <testcase name="a" classname="./a.test.ts" time="0.008" line="3" col="1">
  </testcase>
  <testcase name="skipped" classname="./a.test.ts" time="0.000"><skipped/></testcase>
  <testcase name="a &gt; n" classname="ext"></testcase>
  <testcase name="a &gt; n &gt; three" classname="ext"></testcase>
  <testcase name="b &gt; one" classname="ext"><failure message="1 !== 2">AssertionError</failure></testcase>
  <testcase name="b" classname="./b.test.ts"><failure message="1 test step failed">1 test step failed.</failure></testcase>
</testsuites>`

describe("a runner's summary", () => {
  test("Bun's is read, colours or not", () => {
    assert.deepEqual(tallyBun(1, bun), { passed: 4, failed: 2, skipped: 1 })
    assert.deepEqual(tallyBun(0, "\u001b[32m 12 pass\u001b[0m\n 0 fail\n"), { passed: 12, failed: 0, skipped: 0 })
  })

  test("Node's is read, and a cancelled test is a failed one", () => {
    assert.deepEqual(tallyNode(1, node), { passed: 4, failed: 3, skipped: 1 })
  })

  test("Deno's report is read without counting a describe as a test", () => {
    assert.deepEqual(tallyDeno(1, deno), { passed: 1, failed: 1, skipped: 1 })
  })

  test("a runner that crashes counts as failed, even after tests that passed", () => {
    assert.equal(tallyBun(139, "").failed, 1)
    assert.equal(tallyBun(1, " 3 pass\n 0 fail\n").failed, 1)
    assert.equal(tallyNode(1, "").failed, 1)
    assert.equal(tallyDeno(1, "").failed, 1)
  })

  test("no test at all is a failure", () => {
    assert.equal(tallyBun(0, " 0 pass\n 0 fail\n").failed, 1)
    assert.equal(tallyNode(0, "ℹ pass 0\nℹ fail 0\n").failed, 1)
    assert.equal(tallyDeno(0, "<testsuites></testsuites>").failed, 1)
  })
})

test("the closing line sums every runner and names skipped tests only when there are some", () => {
  const sum = total([tallyBun(1, bun), tallyNode(1, node), tallyDeno(1, deno)])
  assert.equal(closingLine(sum), "9 passed, 6 failed, 3 skipped")
  assert.equal(closingLine({ passed: 2, failed: 0, skipped: 0 }), "2 passed, 0 failed")
})
