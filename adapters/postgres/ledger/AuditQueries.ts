/**
 * The ledger's invariants as SQL over stored rows, sharing nothing with the code that writes them. Each query takes the
 * ledger's id, a UUID, as `$1` and gives a row for each violation: `subject`, the UUID it is about (null for the whole ledger),
 * and `detail`. All are parts of one statement, and may select from `now`.
 */

/** One check: the invariant by its number, and the prefix of the ids that its subjects have. */
export interface Check {
  readonly invariant: string
  readonly prefix: "acc" | "txn" | "hold"
  readonly sql: string
}

/** `sum(x)` of no rows is zero here. */
const sides = (amount: string): string => `
  coalesce(sum(${amount}) filter (where side = 'debit'), 0) as debits,
  coalesce(sum(${amount}) filter (where side = 'credit'), 0) as credits`

const own = "t.ledger_id = (select ledger_id from ledger.ledger where id = $1)"

/**
 * Accounts as they are now: each row with the sums of its entries up to the row's sequence, and what row and later entries
 * make together.
 */
export const now = `now as materialized (
  select a.account_id, a.currency, a.kind, a.normal_side, a.overdraft_limit, a.pending_debits, a.pending_credits,
    a.open_holds, a.closed, a.short, a.sequence as row_sequence, a.posted_debits as row_debits,
    a.posted_credits as row_credits, coalesce(until_debits, 0) as until_debits, coalesce(until_credits, 0) as until_credits,
    coalesce(entries, 0) as entries, a.sequence + coalesce(later, 0) as sequence,
    a.posted_debits + coalesce(later_debits, 0) as posted_debits,
    a.posted_credits + coalesce(later_credits, 0) as posted_credits
  from ledger.account a left join (
    select e.account_id, count(*) as entries, count(*) filter (where e.sequence > r.sequence) as later,
      sum(e.amount) filter (where e.sequence <= r.sequence and e.side = 'debit') as until_debits,
      sum(e.amount) filter (where e.sequence <= r.sequence and e.side = 'credit') as until_credits,
      sum(e.amount) filter (where e.sequence > r.sequence and e.side = 'debit') as later_debits,
      sum(e.amount) filter (where e.sequence > r.sequence and e.side = 'credit') as later_credits
    from ledger.entry e join ledger.account r using (ledger_id, account_id)
    where e.ledger_id = (select ledger_id from ledger.ledger where id = $1) group by e.account_id) made using (account_id)
  where a.ledger_id = (select ledger_id from ledger.ledger where id = $1))`

const head = "t.transaction_id, t.kind, t.reverses, t.hold_id"

/** The entries that transactions name, in their order; one that is not there or is another's has no amount. */
const places = `(
  select ${head}, 1 as position, t.account_1 as account_id, t.sequence_1 as sequence, t.amount, t.side
  from ledger.transaction t where ${own} and t.account_1 is not null
  union all
  select ${head}, 2, t.account_2, t.sequence_2, t.amount,
    case t.side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end
  from ledger.transaction t where ${own} and t.account_2 is not null
  union all
  select ${head}, p.position, p.account_id, e.sequence, e.amount, e.side
  from ledger.transaction t
  cross join lateral unnest(t.accounts, t.sequences) with ordinality as p (account_id, sequence, position)
  left join ledger.leg e on e.ledger_id = t.ledger_id and e.account_id = p.account_id and e.sequence = p.sequence
    and e.transaction_id = t.transaction_id
  where ${own} and t.accounts is not null)`

// The writer's number of the ledger is looked up in each query: `$1` is its id.
const check = (invariant: string, prefix: Check["prefix"], sql: string): Check => ({ invariant, prefix, sql })

const transactions: ReadonlyArray<Check> = [
  check(
    "INV-1",
    "txn",
    `select transaction_id as subject, format('%s: debits %s, credits %s', currency, debits, credits) as detail
     from (select e.transaction_id, a.currency, ${sides("e.amount")}
           from ledger.entry e left join ledger.account a using (ledger_id, account_id)
           where e.ledger_id = (select ledger_id from ledger.ledger where id = $1) group by e.transaction_id, a.currency) totals
     where debits <> credits`
  ),
  check(
    "INV-1",
    "txn",
    `select coalesce(named.transaction_id, stored.transaction_id) as subject,
       format('names %s entries, of which %s are its own; %s are stored', coalesce(names, 0), coalesce(own, 0),
         coalesce(entries, 0)) as detail
     from (select transaction_id, count(*) as names, count(amount) as own, min(amount) as least
           from ${places} places group by transaction_id) named
     full join (select transaction_id, count(*) as entries from ledger.entry
           where ledger_id = (select ledger_id from ledger.ledger where id = $1) group by transaction_id) stored
       using (transaction_id)
     where (names, own) is distinct from (entries, entries) or names < 2 or least <= 0`
  ),
  check(
    "INV-1",
    "txn",
    `select t.transaction_id as subject, 'names an entry twice' as detail
     from ledger.transaction t where ${own} and t.accounts is not null and (
       select count(*) > count(distinct (p.account_id, p.sequence))
       from unnest(t.accounts, t.sequences) as p (account_id, sequence))`
  ),
  check(
    "INV-1",
    "txn",
    `select t.transaction_id as subject, format('%s on accounts in %s and %s', t.currency, first.currency, second.currency) as detail
     from ledger.transaction t
     join ledger.account first on first.ledger_id = t.ledger_id and first.account_id = t.account_1
     join ledger.account second on second.ledger_id = t.ledger_id and second.account_id = t.account_2
     where ${own} and (t.currency <> first.currency or t.currency <> second.currency)`
  ),
  check(
    "INV-2",
    "acc",
    `select null as subject, format('%s: debits %s, credits %s', currency, sum(posted_debits), sum(posted_credits)) as detail
     from now group by currency having sum(posted_debits) <> sum(posted_credits)`
  )
]

const entries: ReadonlyArray<Check> = [
  check(
    "INV-3",
    "acc",
    `select account_id as subject, format('stored debits %s, credits %s; entries until %s: %s, %s', row_debits, row_credits,
       row_sequence, until_debits, until_credits) as detail
     from now where row_debits <> until_debits or row_credits <> until_credits`
  ),
  check(
    "INV-3",
    "acc",
    `select distinct e.account_id as subject, 'has entries and does not exist' as detail
     from ledger.entry e left join ledger.account a using (ledger_id, account_id)
     where e.ledger_id = (select ledger_id from ledger.ledger where id = $1) and a.account_id is null`
  ),
  check(
    "INV-4",
    "acc",
    `select account_id as subject, format('entry %s is number %s', place, sequence) as detail
     from (select account_id, sequence, row_number() over (partition by account_id order by sequence) as place
           from ledger.entry where ledger_id = (select ledger_id from ledger.ledger where id = $1)) numbered
     where sequence <> place`
  ),
  check(
    "INV-4",
    "acc",
    `select account_id as subject, format('entry %s says %s, its entries make %s', sequence, balance, made) as detail
     from (select e.account_id, e.sequence, e.balance,
             sum(case when e.side = a.normal_side then e.amount else -e.amount end)
               over (partition by e.account_id order by e.sequence) as made
           from ledger.entry e join ledger.account a using (ledger_id, account_id) where e.ledger_id = (select ledger_id from ledger.ledger where id = $1)) running
     where balance <> made`
  ),
  check(
    "INV-4",
    "acc",
    `select account_id as subject, format('stored sequence %s; %s entries', row_sequence, entries) as detail
     from now where row_sequence > entries or sequence <> entries`
  ),
  // A row that says so hides the entries from all who look for what came after it.
  check(
    "INV-4",
    "acc",
    `select account_id as subject, format('stored sequence %s counts to transaction %s; entry %s is of transaction %s',
       a.sequence, counted_to, e.sequence, number) as detail
     from ledger.account a join ledger.entry e using (ledger_id, account_id)
     where ledger_id = (select ledger_id from ledger.ledger where id = $1) and e.sequence > a.sequence and number <= counted_to
     union all
     select account_id, format('counts to transaction %s; the last is %s', counted_to, last.number)
     from ledger.account a left join lateral (
       select b.first + b.transactions - 1 as number from ledger.batch b
       where b.ledger_id = a.ledger_id order by b.number desc limit 1) last on true
     where ledger_id = (select ledger_id from ledger.ledger where id = $1) and counted_to > coalesce(last.number, -1)`
  )
]

const funds: ReadonlyArray<Check> = [
  check(
    "INV-5",
    "acc",
    `select account_id as subject, format('available %s', available) as detail
     from (select account_id, overdraft_limit::numeric + case normal_side
             when 'credit' then posted_credits::numeric - posted_debits - pending_debits
             else posted_debits::numeric - posted_credits - pending_credits end as available
           from now where kind = 'customer' and not short) funds
     where available < 0`
  ),
  check(
    "INV-6",
    "acc",
    `with open as (
       select account_id, count(*) as holds, ${sides("remaining")}
       from (select debit_account_id as account_id, 'debit' as side, hold_id, amount - captured as remaining
             from ledger.hold where ledger_id = (select ledger_id from ledger.ledger where id = $1) and status = 'authorized'
             union all
             select credit_account_id, 'credit', hold_id, amount - captured
             from ledger.hold where ledger_id = (select ledger_id from ledger.ledger where id = $1) and status = 'authorized') legs
       group by account_id)
     select account_id as subject, format('stored %s holds, debits %s, credits %s; open %s, %s, %s', open_holds,
       pending_debits, pending_credits, coalesce(holds, 0), coalesce(debits, 0), coalesce(credits, 0)) as detail
     from (select * from ledger.account where ledger_id = (select ledger_id from ledger.ledger where id = $1)) a full join open using (account_id)
     where (open_holds, pending_debits, pending_credits)
       is distinct from (coalesce(holds, 0)::integer, coalesce(debits, 0)::bigint, coalesce(credits, 0)::bigint)`
  ),
  check(
    "INV-7",
    "hold",
    `select hold_id as subject, format('captured %s of %s; captures posted %s', h.captured, h.amount, coalesce(posted, 0)) as detail
     from (select * from ledger.hold where ledger_id = (select ledger_id from ledger.ledger where id = $1)) h full join (
       select hold_id, sum(amount) as posted from ${places} places
       where hold_id is not null and position = 1 group by hold_id) captures using (hold_id)
     where h.amount is null or h.captured > h.amount or h.captured <> coalesce(posted, 0)`
  ),
  check(
    "INV-7",
    "txn",
    `select transaction_id as subject, format('is a %s of the hold %s', kind, coalesce(hold_id::text, 'that it lacks')) as detail
     from ledger.transaction t where ${own} and (kind = 'capture') <> (hold_id is not null)`
  )
]

/** Ids ascend in the order of booking, and a transaction's number is its place in that order: its leaf of the tree. */
const order: Check = check(
  "INV-42",
  "txn",
  `select transaction_id as subject, format('number %s, place %s; booked at %s, the one before at %s', number, place,
     booked_at, before) as detail
   from (select transaction_id, number, booked_at, row_number() over booked - 1 as place, lag(booked_at) over booked as before
         from ledger.transaction t where ${own} window booked as (order by transaction_id)) placed
   where number <> place or booked_at < before`
)

const corrections: ReadonlyArray<Check> = [
  check(
    "INV-8",
    "txn",
    `select o.transaction_id as subject, format('reversed %s of %s', sum(r.amount), o.amount) as detail
     from ${places} r join ${places} o on o.transaction_id = r.reverses and o.position = r.position
     group by o.transaction_id, o.position, o.amount having sum(r.amount) > o.amount`
  ),
  check(
    "INV-8",
    "txn",
    `select distinct coalesce(r.transaction_id, o.transaction_id) as subject, 'is no mirror of what it reverses' as detail
     from (select * from ${places} places where reverses is not null) r
     left join ${places} o on o.transaction_id = r.reverses and o.position = r.position
     where o.transaction_id is null or o.reverses is not null or o.account_id <> r.account_id or o.side = r.side`
  ),
  check(
    "INV-8",
    "txn",
    `select transaction_id as subject, format('is a %s and reverses %s', kind, coalesce(reverses::text, 'nothing')) as detail
     from ledger.transaction t where ${own} and (kind = 'reversal') <> (reverses is not null)`
  ),
  check(
    "INV-9",
    "txn",
    `select a.transaction_id as subject, 'is an answer and does not exist' as detail
     from ledger.answer a left join ledger.transaction t using (ledger_id, transaction_id)
     where a.ledger_id = (select ledger_id from ledger.ledger where id = $1) and a.transaction_id is not null and t.transaction_id is null`
  ),
  check(
    "INV-9",
    "txn",
    `select transaction_id as subject, format('is the answer to %s keys', count(*)) as detail
     from (select ledger_id, transaction_id from ledger.answer where transaction_id is not null
           union all
           select ledger_id, transaction_id from ledger.transaction where key is not null) answers
     where ledger_id = (select ledger_id from ledger.ledger where id = $1)
     group by transaction_id having count(*) > 1`
  ),
  check(
    "INV-9",
    "txn",
    `select min(transaction_id::text)::uuid as subject, format('key %s has %s answers', key, count(*)) as detail
     from (select ledger_id, key, transaction_id from ledger.answer
           union all
           select ledger_id, key, transaction_id from ledger.transaction where key is not null) answers
     where ledger_id = (select ledger_id from ledger.ledger where id = $1)
     group by key having count(*) > 1`
  ),
  check(
    "INV-10",
    "acc",
    `select account_id as subject, format('closed with balance %s and %s holds', posted_credits - posted_debits, open_holds) as detail
     from now where closed and (posted_debits <> posted_credits or open_holds > 0)`
  ),
  check(
    "INV-10",
    "acc",
    `select a.account_id as subject, format('%s entries after its closing', a.sequence - p.sequence) as detail
     from now a join ${places} p using (account_id)
     where a.closed and p.kind = 'closing' and p.position = 1 and p.sequence < a.sequence`
  )
]

export const checks: ReadonlyArray<Check> = [...transactions, ...entries, ...funds, ...corrections, order]
