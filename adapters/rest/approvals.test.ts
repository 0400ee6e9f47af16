import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { Permission } from "../../domain/identity/index.ts"
import { tenant } from "../contract/index.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { logIn, newCustomer, staff, userId } from "./people.fixture.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("four eyes over REST", () => {
  const operators = [staff("m", "operator"), staff("c", "operator"), staff("d", "operator")]
  const others = [staff("a", "administrator"), staff("b", "administrator"), staff("t", "teller"), staff("u", "auditor")]
  const bank = described(
    startBank(Layer.provideMerge(memory, ids), {
      terms: { ...Permission.termsUsual, tenant, selfServiceCash: true },
      callers: new Map([...operators, ...others])
    })
  )
  const { send, posted } = bank
  after(() => bank.dispose())

  /** A transfer of 30 dollars that should be undone. */
  const mistake = async () => {
    const [from, to] = [await bank.fundedAccount("100.00"), await bank.openAccount()]
    const moved = await send("POST", "/v1/transfers", { body: { from, to, amount: usd("30.00") }, key: freshKey() })
    return { from, to, transaction: moved.textAt("id") }
  }
  const file = (token: string, operation: string, command: object, key = freshKey()) =>
    send("POST", "/v1/approvals", { token, body: { operation, command, reason: "Paid twice" }, key })
  const decide = (token: string, approval: string, decision = "approve") =>
    send("POST", `/v1/approvals/${approval}/decision`, { token, body: { decision } })

  test("a reversal is refused until it is asked for by one operator and approved by another, who does it", async () => {
    const { from, to, transaction } = await mistake()
    const alone = await send("POST", `/v1/transactions/${transaction}/reversals`, { token: "m", key: freshKey() })
    assert.deepEqual([alone.status, alone.at("code")], [403, "approval_required"])
    const filed = await file("m", "transactions.reverse", { transaction })
    assert.equal(filed.status, 201, filed.text)
    const path = `/v1/approvals/${filed.textAt("id")}`
    assert.deepEqual(
      [filed.headers.get("location"), filed.at("status"), filed.at("maker")],
      [path, "pending", userId("m")]
    )
    assert.equal(await posted(to), "30.00", "nothing is done yet")
    const own = await decide("m", filed.textAt("id"))
    assert.deepEqual([own.status, own.at("code")], [403, "own_approval"])
    const approved = await decide("c", filed.textAt("id"))
    assert.deepEqual([approved.status, approved.at("status"), approved.at("checker")], [200, "done", userId("c")])
    assert.equal(approved.at("result.reverses"), transaction)
    assert.deepEqual([await posted(from), await posted(to)], ["100.00", "0.00"])
    assert.equal((await send("GET", path, { token: "u" })).text, approved.text)
  })

  test("of twenty decisions at once one is taken, and what was asked for is done once", async () => {
    const { from, to, transaction } = await mistake()
    const approval = (await file("m", "transactions.reverse", { transaction, amount: usd("10.00") })).textAt("id")
    const deciders = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "c" : "d"))
    const answers = await Promise.all(deciders.map((token) => decide(token, approval)))
    const statuses = new Set(answers.map(({ status }) => status))
    assert.ok(
      statuses.has(200) && [...statuses].every((status) => status === 200 || status === 409),
      String([...statuses])
    )
    const checkers = new Set(answers.filter(({ status }) => status === 200).map(({ at }) => at("checker")))
    assert.equal(checkers.size, 1, "one of them decided")
    assert.deepEqual([await posted(from), await posted(to)], ["80.00", "20.00"])
    const listed = await send("GET", `/v1/accounts/${to}/transactions`)
    assert.equal(Array.isArray(listed.at("items")) && Object(listed.at("items")).length, 2)
  })

  test("what was rejected is never done", async () => {
    const { to, transaction } = await mistake()
    const approval = (await file("m", "transactions.reverse", { transaction })).textAt("id")
    assert.equal((await decide("c", approval, "reject")).at("status"), "rejected")
    assert.equal((await decide("d", approval)).at("code"), "approval_decided")
    assert.equal(await posted(to), "30.00")
  })

  test("whoever may not do it may not approve it, and a customer learns nothing of it", async () => {
    const { transaction } = await mistake()
    const approval = (await file("m", "transactions.reverse", { transaction })).textAt("id")
    assert.equal((await decide("a", approval)).at("code"), "checker_not_admitted")
    assert.equal((await decide("t", approval)).status, 403)
    const { token } = await newCustomer(bank, "outside@example.com")
    for (const path of ["/v1/approvals", `/v1/approvals/${approval}`])
      assert.equal((await send("GET", path, { token })).status, 403)
    assert.equal((await file(token, "transactions.reverse", { transaction })).status, 403)
    assert.equal(
      (await file("a", "transactions.reverse", { transaction })).status,
      403,
      "an administrator moves no money"
    )
  })

  test("a change of roles waits for a second administrator, and counts from the next login on", async () => {
    const { email, user } = await newCustomer(bank, "teller@example.com")
    const command = { user, roles: ["customer", "teller"] }
    const headers = { "If-Match": "*" }
    const put = await send("PUT", `/v1/users/${user}/roles`, { token: "a", body: { roles: command.roles }, headers })
    assert.equal(put.at("code"), "approval_required")
    const approval = (await file("a", "users.assignRoles", command)).textAt("id")
    assert.equal((await decide("a", approval)).at("code"), "own_approval")
    const done = await decide("b", approval)
    assert.deepEqual([done.at("status"), done.at("result.roles")], ["done", command.roles], done.text)
    const { textAt } = await logIn(bank, email)
    const me = await send("GET", "/v1/users/me", { token: textAt("accessToken") })
    assert.deepEqual(me.at("roles"), command.roles)
  })

  test("what is wrong with a command is told when it is asked for, by its field", async () => {
    const { transaction } = await mistake()
    for (const [operation, command, field] of [
      ["transactions.reverse", { transaction: "x" }, "command.transaction"],
      ["transactions.reverse", { transaction, amount: usd("0") }, "command.amount.amount"],
      ["transactions.reverse", { transaction, more: 1 }, "command.more"],
      ["transfers.post", {}, "operation"]
    ] as const) {
      const { status, at, text } = await file("m", operation, command)
      assert.deepEqual([status, at("errors.0.field")], [400, field], text)
    }
    const unkeyed = await send("POST", "/v1/approvals", {
      token: "m",
      body: { operation: "transactions.reverse", command: { transaction } }
    })
    assert.equal(unkeyed.at("errors.0.field"), "Idempotency-Key")
    const key = freshKey()
    const twice = await Promise.all([0, 1].map(() => file("m", "transactions.reverse", { transaction }, key)))
    assert.equal(twice[0]?.text, twice[1]?.text)
  })

  test("approvals are listed by status, page by page", async () => {
    const first = await send("GET", "/v1/approvals?status=done&limit=1", { token: "u" })
    assert.equal(first.at("items.0.status"), "done", first.text)
    const second = await send("GET", `/v1/approvals?status=done&limit=1&cursor=${first.textAt("nextCursor")}`, {
      token: "u"
    })
    assert.notEqual(second.at("items.0.id"), first.at("items.0.id"))
    assert.equal((await send("GET", "/v1/approvals?status=mine", { token: "u" })).at("errors.0.field"), "status")
  })
})
