import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Schema } from "effect"
import { layout } from "../../adapters/embedded-postgres/index.ts"
import { type BankProcess, freePort, startBank } from "../../infra/testing/crash/BankProcess.ts"
import {
  type Answered,
  histories,
  openAccounts,
  send,
  transactionOf,
  transfers
} from "../../infra/testing/crash/Load.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const timeout = 120_000
const inFlight = 64

const Money = Schema.Struct({ amount: Schema.String, currency: Schema.String })
const Account = Schema.Struct({
  id: Schema.String,
  balances: Schema.Struct({ posted: Money, pending: Money, available: Money })
})
const Entry = Schema.Struct({
  transactionId: Schema.String,
  sequence: Schema.Union([Schema.Int, Schema.String]),
  side: Schema.String,
  amount: Money,
  balance: Money
})
const Statement = Schema.Struct({
  opening: Money,
  totalDebits: Money,
  totalCredits: Money,
  closing: Money,
  entries: Schema.Array(Entry)
})
const Transaction = Schema.Struct({ id: Schema.String, bookedAt: Schema.String })
const Page = Schema.Struct({ items: Schema.Array(Entry) })
const Problem = Schema.Struct({ code: Schema.String })
const Description = Schema.Struct({ paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown)) })

/** Reads a JSON text, keeping only what the schema names. */
const read = <A>(schema: Schema.Codec<A, unknown>, text: string): A =>
  Schema.decodeUnknownSync(Schema.fromJsonString(schema))(text)

/** An entry in REST's words: ProtoJSON prefixes the names of enums and writes 64-bit numbers as text. */
const inRestWords = (entry: typeof Entry.Type) => ({
  ...entry,
  sequence: Number(entry.sequence),
  side: entry.side.replace(/^SIDE_/u, "").toLowerCase()
})

const usd = (amount: string) => ({ amount, currency: "USD" })

/** Park and Miller's minimal standard generator: the same transfers in every run. */
const repeatable = () => {
  let state = 20_261_124
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe("the bank as a process, on a data directory of its own and without BANK_TOKEN", { timeout }, () => {
  let dataDir: string
  let ports: { readonly rest: number; readonly rpc: number }
  let bank: BankProcess
  /** The last bank that was started, if one was. */
  let running: BankProcess | undefined

  const start = async (): Promise<BankProcess> => {
    const started = await startBank(dataDir, ports, { BANK_TOKEN: "" })
    running = started
    return { ...started, token: (await readFile(join(dataDir, "token"), "utf8")).trim() }
  }

  before(
    async () => {
      dataDir = await mkdtemp(join(tmpdir(), "bank-app-"))
      // As root, PostgreSQL runs as another user, who has to pass through.
      await chmod(dataDir, 0o711)
      ports = { rest: await freePort(), rpc: await freePort() }
      bank = await start()
    },
    { timeout }
  )
  after(
    async () => {
      await running?.stop()
      // Nothing is left to kill after a stop; a test that failed halfway may have left a bank's PostgreSQL.
      await running?.killPostgres().catch(() => undefined)
      await rm(dataDir, { recursive: true, force: true })
    },
    { timeout }
  )

  const rest = async (method: string, path: string, sent: { readonly body?: unknown; readonly key?: string } = {}) => {
    const answer = await fetch(`${bank.restUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bank.token}`,
        ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
        ...(sent.key === undefined ? {} : { "idempotency-key": sent.key })
      },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) })
    })
    return { status: answer.status, text: await answer.text() }
  }

  const get = async <A>(schema: Schema.Codec<A, unknown>, path: string): Promise<A> => {
    const { status, text } = await rest("GET", path)
    assert.equal(status, 200, text)
    return read(schema, text)
  }

  const post = async <A>(schema: Schema.Codec<A, unknown>, path: string, key: string, body: unknown): Promise<A> => {
    const { status, text } = await rest("POST", path, { key, body })
    assert.equal(status, 201, text)
    return read(schema, text)
  }

  /** An rpc over gRPC by a client that shares no code with the bank. */
  const grpc = <A>(schema: Schema.Codec<A, unknown>, method: string, body: unknown): Promise<A> =>
    new Promise((resolve, reject) => {
      const options = ["--protocol", "grpc", "--http2-prior-knowledge", "-H", `Authorization: Bearer ${bank.token}`]
      execFile(
        join(root, "node_modules/.bin/buf"),
        ["curl", ...options, "-d", JSON.stringify(body), `${bank.rpcUrl}/${method}`],
        { cwd: root, timeout: 60_000 },
        (error, out, err) =>
          error === null ? resolve(read(schema, out)) : reject(new Error(`${error.message}\n${err}`))
      )
    })

  const opened = async (key: string, funds?: string): Promise<string> => {
    const { id } = await post(Account, "/v1/accounts", `open-${key}`, { product: "checking", currency: "USD" })
    if (funds !== undefined)
      await post(Transaction, `/v1/accounts/${id}/deposits`, `fund-${key}`, { amount: usd(funds) })
    return id
  }
  const posted = async (id: string): Promise<string> =>
    (await get(Account, `/v1/accounts/${id}`)).balances.posted.amount
  const entriesOf = async (id: string) => (await get(Page, `/v1/accounts/${id}/transactions`)).items.map(inRestWords)

  test("accounts, a deposit and a transfer are the same over REST and over gRPC", { timeout }, async () => {
    const alice = await opened("alice", "100.00")
    const bob = await opened("bob")
    const paid = await post(Transaction, "/v1/transfers", "rent", { from: alice, to: bob, amount: usd("30.25") })
    const period = paid.bookedAt.slice(0, 7)

    const account = await get(Account, `/v1/accounts/${alice}`)
    assert.deepEqual(account.balances, { posted: usd("69.75"), pending: usd("69.75"), available: usd("69.75") })
    assert.equal(await posted(bob), "30.25")
    const entries = await entriesOf(alice)
    assert.deepEqual(
      entries.map(({ sequence, side, amount, balance }) => ({ sequence, side, amount, balance })),
      [
        { sequence: 2, side: "debit", amount: usd("30.25"), balance: usd("69.75") },
        { sequence: 1, side: "credit", amount: usd("100.00"), balance: usd("100.00") }
      ]
    )
    assert.equal(entries[0]?.transactionId, paid.id)
    const statement = await get(Statement, `/v1/accounts/${alice}/statements/${period}`)
    assert.deepEqual(
      { ...statement, entries: statement.entries.map(inRestWords) },
      {
        opening: usd("0.00"),
        totalDebits: usd("30.25"),
        totalCredits: usd("100.00"),
        closing: usd("69.75"),
        entries: [...entries].reverse()
      }
    )

    const overGrpc = await Promise.all([
      grpc(Schema.Struct({ account: Account }), "bank.account.v1.AccountService/GetAccount", { account: alice }),
      grpc(Page, "bank.transaction.v1.TransactionService/ListAccountTransactions", { account: alice }),
      grpc(Schema.Struct({ statement: Statement }), "bank.account.v1.AccountService/GetStatement", {
        account: alice,
        period
      })
    ])
    assert.deepEqual(overGrpc[0].account, account)
    assert.deepEqual(overGrpc[1].items.map(inRestWords), entries)
    assert.deepEqual(
      { ...overGrpc[2].statement, entries: overGrpc[2].statement.entries.map(inRestWords) },
      { ...statement, entries: statement.entries.map(inRestWords) }
    )
  })

  test("a key used over REST and then over gRPC is one transaction", { timeout }, async () => {
    const from = await opened("across-from", "10.00")
    const to = await opened("across-to")
    const order = { from, to, amount: usd("4.00") }
    const first = await post(Transaction, "/v1/transfers", "across", order)
    const again = await grpc(
      Schema.Struct({ transaction: Transaction }),
      "bank.transaction.v1.TransactionService/Transfer",
      { ...order, idempotencyKey: "across" }
    )
    assert.equal(again.transaction.id, first.id)
    assert.equal(await posted(to), "4.00")
  })

  test("a hundred identical transfers at once post once and are answered byte for byte alike", {
    timeout
  }, async () => {
    const from = await opened("same-from", "100.00")
    const to = await opened("same-to")
    const asked = { key: "same", body: JSON.stringify({ from, to, amount: usd("7.00") }) }
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(bank, asked)))
    assert.deepEqual([...new Set(answers.map((answer) => answer?.status))], [201])
    assert.equal(new Set(answers.map((answer) => answer?.text)).size, 1)
    assert.equal(await posted(from), "93.00")
    assert.equal((await entriesOf(to)).length, 1)

    const other = await rest("POST", "/v1/transfers", { key: "same", body: { from, to, amount: usd("8.00") } })
    assert.equal(other.status, 422, other.text)
    assert.equal(read(Problem, other.text).code, "idempotency_key_reused")
    assert.equal(await posted(from), "93.00")
  })

  test("of 64 withdrawals at once against funds for ten, ten are paid", { timeout }, async () => {
    const id = await opened("ten", "100.00")
    const answers = await Promise.all(
      Array.from({ length: inFlight }, (_, index) =>
        rest("POST", `/v1/accounts/${id}/withdrawals`, { key: `ten-${index}`, body: { amount: usd("10.00") } })
      )
    )
    const refused = answers.filter(({ status }) => status !== 201)
    assert.equal(refused.length, inFlight - 10)
    for (const { status, text } of refused) {
      assert.equal(status, 422, text)
      assert.equal(read(Problem, text).code, "insufficient_funds")
    }
    assert.equal(await posted(id), "0.00")
  })

  test("nothing under /v1 is open without a token but what people do before they have one", { timeout }, async () => {
    const { paths } = await get(Description, "/openapi.json")
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      path.startsWith("/v1/") ? Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })) : []
    )
    assert.ok(operations.length >= 60, `only ${operations.length} operations are described`)
    const open = new Set<string>()
    for (const { path, method } of operations)
      for (const authorization of [undefined, "Bearer wrong", `Bearer ${bank.token}x`, `Basic ${bank.token}`]) {
        const url = bank.restUrl + path.replaceAll(/\{\w+\}/gu, "acc_01h455vb4pex5vsknk084sn02q")
        const answer = await fetch(url, { method, ...(authorization && { headers: { authorization } }) })
        await answer.body?.cancel()
        if (answer.status !== 401) open.add(`${method} ${path}`)
      }
    assert.deepEqual([...open].sort(), [
      "GET /v1/identity-providers",
      "POST /v1/federated-logins",
      "POST /v1/federated-logins/complete",
      "POST /v1/password-resets",
      "POST /v1/password-resets/confirm",
      "POST /v1/sessions",
      "POST /v1/sessions/passkey-options",
      "POST /v1/sessions/second-factor-options",
      "POST /v1/users",
      "POST /v1/users/verifications"
    ])
  })

  test("a stop under load answers what it accepted, and the next start has it all", { timeout }, async () => {
    const ids = await openAccounts(bank, 10)
    const next = transfers(ids, repeatable(), "stop")
    const answered: Array<Answered> = []
    const underLoad = Promise.withResolvers<void>()
    const worker = async (): Promise<void> => {
      for (let answer = await send(bank, next()); answer !== undefined; answer = await send(bank, next()))
        if (answered.push(answer) === 5 * inFlight) underLoad.resolve()
    }
    const workers = Promise.all(Array.from({ length: inFlight }, worker))
    await Promise.race([underLoad.promise, workers])
    assert.equal(await bank.stop(), 0, bank.output())
    await workers
    assert.ok(answered.length >= 5 * inFlight, `the bank answered only ${answered.length}`)

    const { token } = bank
    bank = await start()
    assert.equal(bank.token, token)
    const accepted = answered.filter(({ status }) => status === 201).map(transactionOf)
    const { entries, cents } = await histories(bank, ids)
    assert.deepEqual([...entries.keys()].sort(), accepted.sort())
    assert.deepEqual([...new Set(entries.values())], [2])
    assert.equal(cents, BigInt(ids.length) * 100_000n)
    const last = answered.slice(-2 * inFlight)
    assert.deepEqual(await Promise.all(last.map((first) => send(bank, first))), last)
  })

  test("PostgreSQL outlives a killed bank, and the next start takes it over", { timeout }, async () => {
    const from = await opened("kill-from", "10.00")
    const to = await opened("kill-to")
    const asked = { key: "kill", body: JSON.stringify({ from, to, amount: usd("3.00") }) }
    const first = await send(bank, asked)
    assert.equal(first?.status, 201)
    const pidFile = join(layout(dataDir).cluster, "postmaster.pid")
    const server = Number((await readFile(pidFile, "utf8")).split("\n")[0])

    await bank.killBank()
    assert.ok(isAlive(server), "PostgreSQL has ended with the bank")
    bank = await start()
    assert.equal(Number((await readFile(pidFile, "utf8")).split("\n")[0]), server)
    assert.deepEqual(await send(bank, asked), first)
    assert.equal(await posted(to), "3.00")

    assert.equal(await bank.stop(), 0, bank.output())
    assert.match(bank.output(), /\(found running\)/u)
    // A server that has ended takes its file with it; its id may stay taken until the system reaps the orphan.
    await assert.rejects(readFile(pidFile), { code: "ENOENT" })
  })
})
