import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { getTreeHead } from "../../../application/proofs/index.ts"
import type { TreeHead } from "../../../domain/proofs/index.ts"
import { cents, funded, hold, posted, submit, transfer } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated, signerForTests } from "../fixture.ts"
import * as Ledger from "../ledger/Ledger.ts"
import * as Tree from "../ledger/LedgerTree.ts"
import { defaultLedgerId } from "../ledger/Options.ts"
import { layer as postgresLayer } from "../Postgres.ts"
import { shapes } from "./shapes.fixture.ts"
import { verifyStored } from "./Verify.ts"

const timeout = 120_000

/** A ledger with rows of every kind in every table, several batches and more than one tile of the tree. */
const filled = Effect.gen(function* () {
  const { bank, account } = yield* funded(100_000)
  const other = yield* funded(500)
  const paid = yield* posted({ ...transfer(account, bank, cents(500)), description: "Rent", metadata: { month: "5" } })
  yield* submit({ _tag: "Reverse", transactionId: paid.id, amount: cents(200) })
  const held = yield* submit({ ...hold(account, bank, cents(300)), description: "Hotel", metadata: { room: "7" } })
  yield* submit(hold(account, bank, cents(100)))
  if (held._tag === "HoldChanged")
    yield* submit({ _tag: "Capture", holdId: held.hold.id, amount: cents(50), keepRest: true })
  yield* submit({
    _tag: "Post",
    kind: "journal",
    legs: [
      { accountId: account, side: "debit", amount: cents(3) },
      { accountId: other.account, side: "credit", amount: cents(1) },
      { accountId: bank, side: "credit", amount: cents(2) }
    ]
  })
  yield* Effect.flip(submit(transfer(other.account, bank, cents(1_000_000))))
  yield* getTreeHead()
  const many = Array.from({ length: 300 }, () => submit(transfer(account, bank, cents(1))))
  yield* Effect.all(many, { concurrency: "unbounded" })
  const third = yield* funded(700)
  yield* submit(hold(third.account, third.bank, cents(5)))
  // A batch each, so that their rows are older than the accounts.
  yield* posted(transfer(account, bank, cents(1)))
  yield* submit({ ...hold(other.account, other.bank, cents(10)), description: "Bike" })
  for (const minor of [4, 5, 6]) yield* posted(transfer(other.account, other.bank, cents(minor)))
  yield* Effect.flip(submit(transfer(other.account, bank, cents(7_654_321))))
  return yield* getTreeHead()
})

/** What the last batch, which has no transactions, refused. */
const refusedLast = "76543.21"

/** Each column of each table with an edit that its type and checks allow; null where the row proves nothing. */
const edits: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  transaction: {
    transaction_id: "gen_random_uuid()",
    booked_at: "booked_at + interval '1 microsecond'",
    value_date: "value_date + 1",
    kind: "case kind when 'journal' then 'transfer' else 'journal' end::ledger.transaction_kind",
    number: "number + 1000",
    reverses: "gen_random_uuid()",
    hold_id: "gen_random_uuid()",
    description: "coalesce(description, '') || 'x'",
    metadata: `'{"a":"b"}'`,
    account_1: "account_2",
    account_2: "account_1",
    sequence_1: "sequence_1 + 1",
    sequence_2: "sequence_2 + 1",
    balance_1: "balance_1 + 1",
    balance_2: "balance_2 + 1",
    amount: "amount + 1",
    side: "case side when 'debit' then 'credit' else 'debit' end::ledger.side",
    currency: "'JPY'",
    key: "gen_random_uuid()",
    fingerprint: "gen_random_uuid()",
    accounts: "array[accounts[2], accounts[1], accounts[3]]",
    sequences: "array[sequences[1] + 1, sequences[2], sequences[3]]"
  },
  leg: {
    account_id: "gen_random_uuid()",
    sequence: "sequence + 1000",
    amount: "amount + 1",
    balance: "balance + 1",
    transaction_id: "gen_random_uuid()",
    side: "case side when 'debit' then 'credit' else 'debit' end::ledger.side"
  },
  answer: {
    key: "gen_random_uuid()",
    transaction_id: "gen_random_uuid()",
    fingerprint: "gen_random_uuid()",
    receipt: `'{"_tag":"HoldChanged"}'`,
    rejection: `'{"_tag":"AccountNotFound"}'`
  },
  account: {
    account_id: "gen_random_uuid()",
    version: "version + 1",
    sequence: "sequence + 1",
    posted_debits: "posted_debits + 1",
    posted_credits: "posted_credits + 1",
    pending_debits: "pending_debits + 1",
    pending_credits: "pending_credits + 1",
    overdraft_limit: "overdraft_limit + 1",
    revision: "revision + 1",
    opened_at: "opened_at + interval '1 microsecond'",
    open_holds: "open_holds + 1",
    kind: "case kind when 'internal' then 'customer' else 'internal' end::ledger.account_kind",
    normal_side: "case normal_side when 'debit' then 'credit' else 'debit' end::ledger.side",
    restriction: "'both'",
    closed: "not closed",
    short: "not short",
    currency: "'JPY'",
    // A lower one hides nothing: entries are looked for where there are none.
    counted_to: "counted_to + 1000000"
  },
  hold: {
    hold_id: "gen_random_uuid()",
    debit_account_id: "gen_random_uuid()",
    credit_account_id: "gen_random_uuid()",
    amount: "amount + 1",
    captured: "captured + 1",
    authorized_at: "authorized_at + interval '1 microsecond'",
    expires_at: "now()",
    status: "'released'",
    currency: "'JPY'",
    description: "coalesce(description, '') || 'x'",
    metadata: `'{"a":"b"}'`
  },
  batch: {
    number: "number + 1000",
    booked_at: "booked_at + interval '1 millisecond'",
    first: "first + 1",
    transactions: "transactions - 1, leaves = substring(leaves from 33)",
    leaves: "set_byte(leaves, 5, get_byte(leaves, 5) # 1)",
    content: "set_byte(content, 5, get_byte(content, 5) # 1)",
    root: "set_byte(root, 5, get_byte(root, 5) # 1)",
    hash: "set_byte(hash, 5, get_byte(hash, 5) # 1)"
  },
  ledger: {
    id: "gen_random_uuid()",
    batches: "batches - 1",
    journal_hash: "set_byte(journal_hash, 5, get_byte(journal_hash, 5) # 1)"
  },
  node: {
    level: "level + 8",
    index: "index + 1",
    hash: "set_byte(hash, 5, get_byte(hash, 5) # 1)"
  },
  head: {
    size: "size + 1",
    root: "set_byte(root, 5, get_byte(root, 5) # 1)",
    signed_at: "signed_at + interval '1 millisecond'",
    signature: "set_byte(signature, 5, get_byte(signature, 5) # 1)",
    public_key: "set_byte(public_key, 5, get_byte(public_key, 5) # 1)"
  }
}

/** Which row of a table an edit of a column is made in: one that has a value there, and of the first batches. */
const rowOf = (table: string, column: string): string => {
  const wanted: Readonly<Record<string, string>> = {
    "transaction.reverses": "reverses is not null",
    "answer.receipt": "receipt is not null",
    "answer.rejection": "rejection is not null",
    "batch.leaves": "transactions > 0",
    "batch.content": "transactions > 0",
    "batch.transactions": "transactions > 0",
    "transaction.accounts": "accounts is not null",
    "transaction.sequences": "accounts is not null"
  }
  const has = wanted[`${table}.${column}`]
  if (has !== undefined) return has
  if (table === "transaction" && /^(account|sequence|balance)_|^(amount|side|currency)$/u.test(column))
    return "account_1 is not null"
  if (table === "transaction" && /^(key|fingerprint)$/u.test(column)) return "key is not null"
  return "true"
}

describe("verification", { timeout }, () => {
  let url = ""
  let drop = async () => {}
  let sql: postgres.Sql
  let head: TreeHead.SignedTreeHead

  const verified = (trusted: Parameters<typeof verifyStored>[1] = {}) =>
    Effect.runPromise(Effect.provide(verifyStored(defaultLedgerId, trusted), postgresLayer({ url })))

  const places = async (trusted: Parameters<typeof verifyStored>[1] = {}): Promise<ReadonlyArray<string>> =>
    (await verified(trusted)).findings.map(({ place, detail }) => `${place} ${detail}`)

  /** Does something to the stored rows, hands over what verification finds, and puts the table back as it was. */
  const tampered = async (table: string, text: string): Promise<ReadonlyArray<string>> => {
    const { count } = await sql.unsafe(text)
    assert.ok(count > 0, `nothing was changed by: ${text}`)
    const found = await places()
    await sql.unsafe(
      `truncate ledger.${table}; insert into ledger.${table} overriding system value select * from saved.${table}`
    )
    return found
  }

  before(
    async () => {
      const database = await createDatabase()
      ;({ url, drop } = database)
      const ledger = Layer.provideMerge(Tree.layer(), Ledger.layer())
      const layer = Layer.provideMerge(ledger, Layer.mergeAll(migrated(url), idsForTests, signerForTests))
      head = await Effect.runPromise(Effect.provide(filled, layer))
      sql = postgres(url, { max: 1, onnotice: () => {} })
      await sql`create schema saved`
      for (const table of Object.keys(edits)) await sql.unsafe(`create table saved.${table} as table ledger.${table}`)
    },
    { timeout }
  )
  after(async () => {
    await sql.end()
    await drop()
  })

  test("finds nothing in what was written, and gives its size and root", async () => {
    const { findings, transactions, root } = await verified({ head })
    assert.deepEqual(findings, [])
    assert.deepEqual([transactions, Buffer.from(root)], [head.head.treeSize, Buffer.from(head.head.rootHash)])
  })

  // epoch, writer and lags say who may write next, not what was written.
  test("the edits name every column of every table of the ledger but who writes and who reads", async () => {
    const columns = await sql`select table_name || '.' || column_name as name from information_schema.columns
      join information_schema.tables using (table_schema, table_name)
      where table_schema = 'ledger' and table_type = 'BASE TABLE' and table_name <> 'cursor' and column_name <> 'ledger_id'
        and (table_name <> 'ledger' or column_name not in ('epoch', 'writer', 'lags'))`
    const named = Object.entries(edits).flatMap(([table, of]) => Object.keys(of).map((column) => `${table}.${column}`))
    assert.deepEqual(named.sort(), columns.map(({ name }) => name).sort())
  })

  const older = "(select account_id from ledger.standing where row_sequence < sequence and row_sequence > 0)"

  for (const [column, value] of Object.entries(edits.account ?? {}))
    test(`finds another ${column} in a row that is older than its account, and in one that is not`, {
      timeout
    }, async () => {
      for (const is of ["in", "not in"]) {
        const row = `(select ctid from ledger.account where account_id ${is} ${older} limit 1)`
        const found = await tampered("account", `update ledger.account set ${column} = ${value} where ctid = ${row}`)
        assert.notDeepEqual(found, [])
      }
    })

  test("finds that a row is of an earlier moment than its account's last change but by postings", {
    timeout
  }, async () => {
    const [held] = await sql`select account_id, sequence::integer, version::integer from ledger.account
      where account_id = (select debit_account_id from ledger.hold where description = 'Bike')`
    assert.deepEqual([held?.sequence, held?.version], [2, 4])
    const found = await tampered(
      "account",
      `update ledger.account a set (sequence, version, posted_debits, posted_credits, counted_to) = (select 1, 2, 0, 500, -1)
        where account_id = '${held?.account_id}'`
    )
    assert.equal(found.length, 1)
    assert.match(found[0] ?? "", /^acc_\w{26} has sequence 1, where no batch left it$/u)
  })

  test("finds that a row claims to count a transaction that has a later entry", { timeout }, async () => {
    const [row] =
      await sql`select account_id, row_sequence::integer from ledger.standing where account_id in ${sql.unsafe(older)} limit 1`
    const [entry] = await sql`select number::integer from ledger.entry
      where account_id = ${row?.account_id} and sequence = ${row?.row_sequence + 1}`
    const claiming = (number: number) =>
      tampered("account", `update ledger.account set counted_to = ${number} where account_id = '${row?.account_id}'`)
    assert.deepEqual(await claiming(entry?.number - 1), [])
    const found = await claiming(entry?.number)
    assert.equal(found.length, 1)
    assert.match(found[0] ?? "", /^acc_\w{26} counts to transaction (\d+), and a later entry is of transaction \1$/u)
  })

  for (const [what, [table, value, of]] of Object.entries(shapes))
    test(`finds ${what}`, { timeout }, async () => {
      const found = await tampered(
        table,
        `update ledger.${table} set ${value} where ctid = (select ctid from ledger.${table} where ${of} limit 1)`
      )
      assert.notDeepEqual(found, [])
    })

  // A head is signed when somebody asks for it, so that nothing stored can tell that one is gone.
  // The number of a ledger is what the database makes it.
  const gone = (table: string) => (table === "head" || table === "ledger" ? {} : { ledger_id: "ledger_id + 1000" })

  for (const [table, columns] of Object.entries(edits))
    for (const [column, value] of Object.entries({ ...gone(table), ...columns }))
      test(`finds another ${column} in a row of ledger.${table}`, { timeout }, async () => {
        const found = await tampered(
          table,
          `update ledger.${table} set ${column} = ${value}
            where ctid = (select ctid from ledger.${table} where ${rowOf(table, column)} limit 1)`
        )
        assert.notDeepEqual(found, [])
      })

  for (const table of Object.keys(edits).filter((each) => each !== "head")) {
    test(`finds that the first, and the last, row of ledger.${table} is gone`, { timeout }, async () => {
      for (const end of ["min", "max"])
        assert.notDeepEqual(
          await tampered(table, `delete from ledger.${table} where ctid = (select ${end}(ctid) from ledger.${table})`),
          []
        )
    })
  }

  test("finds a second row of a transaction, an answer, an account, a hold, a node", { timeout }, async () => {
    for (const [table, key] of Object.entries({
      transaction: "transaction_id",
      answer: "key",
      account: "account_id",
      hold: "hold_id"
    })) {
      const columns = await sql`select column_name as name from information_schema.columns
        where table_schema = 'ledger' and table_name = ${table}`
      const values = columns.map(({ name }) => (name === key ? "gen_random_uuid()" : name))
      const found = await tampered(table, `insert into ledger.${table} select ${values} from ledger.${table} limit 1`)
      assert.notDeepEqual(found, [], table)
    }
    const node = "insert into ledger.node select ledger_id, level, index + 7, hash from ledger.node limit 1"
    assert.notDeepEqual(await tampered("node", node), [])
  })

  test("finds that a last batch without transactions was cut off with all that it wrote", { timeout }, async () => {
    const [last] = await sql`delete from ledger.batch where number = (select max(number) from ledger.batch)
      returning number::integer, transactions`
    assert.equal(last?.transactions, 0)
    const found = await tampered("answer", `delete from ledger.answer where rejection::text like '%${refusedLast}%'`)
    await sql`insert into ledger.batch select * from saved.batch where number = ${last?.number}`
    assert.deepEqual(found, [`ledger.ledger counts ${last?.number + 1} batches, the journal has ${last?.number}`])
  })

  test("finds that the places of two transactions were swapped", { timeout }, async () => {
    const found = await tampered(
      "transaction",
      `update ledger.transaction t set amount = o.amount, balance_1 = o.balance_1, balance_2 = o.balance_2
        from ledger.transaction o where t.number in (0, 1) and o.number = 1 - t.number`
    )
    assert.notDeepEqual(found, [])
  })

  test("names the place: the transaction, the account, the hold, the batch", { timeout }, async () => {
    const [row] = await sql`select number from ledger.transaction where description = 'Rent'`
    const found = await tampered(
      "transaction",
      "update ledger.transaction set description = 'Ret' where description = 'Rent'"
    )
    assert.equal(found.length, 1)
    assert.match(found[0] ?? "", new RegExp(`^txn_\\w{26} is not what was booked as leaf ${row?.number}$`, "u"))
    const account = await tampered(
      "account",
      "update ledger.account set version = version + 1 where ctid = (select min(ctid) from ledger.account)"
    )
    assert.match(account[0] ?? "", /^acc_\w{26} has version \d+, the journal makes it \d+$/u)
  })

  test("an end that was cut off with all its bookkeeping is found by a head that was kept elsewhere", {
    timeout
  }, async () => {
    const [last] = await sql`select max(number) as number from ledger.batch where transactions > 0`
    await sql.begin(async (begun) => {
      await begun`delete from ledger.transaction t using ledger.batch b where b.number = ${last?.number} and t.number >= b.first`
      await begun`delete from ledger.batch where number >= ${last?.number}`
      await begun`delete from ledger.head where size = ${head.head.treeSize}`
    })
    const found = await places({ head })
    assert.ok(
      found.some((each) => each.startsWith("head given signs")),
      found.join("; ")
    )
  })
})
