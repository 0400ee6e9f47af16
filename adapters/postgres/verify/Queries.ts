/** What verification reads: stored rows as they are. The first parameter is always the ledger's number. */

// Epoch milliseconds with all that the column has of a fraction, so that no change of a time is rounded away.
const exact = (column: string): string => `trim_scale(extract(epoch from ${column}) * 1000)::text`

const bare = (column: string): string => `replace(${column}::text, '-', '')`

const optional = (column: string): string => `coalesce('+' || ${column}::text, '-')`

const digest = (values: ReadonlyArray<string>): string =>
  `encode(sha256(convert_to(concat_ws(E'\\n', ${values.join(", ")}), 'UTF8')), 'hex')`

const accountDigest = digest([
  exact("a.opened_at"),
  "a.kind",
  "a.normal_side",
  "a.currency",
  "a.overdraft_limit",
  "a.restriction",
  "a.closed::text",
  "a.revision",
  "a.open_holds",
  "a.pending_debits",
  "a.pending_credits",
  "a.short::text"
])

const holdDigest = digest([
  bare("h.debit_account_id"),
  bare("h.credit_account_id"),
  "h.amount",
  "h.captured",
  "h.status",
  exact("h.authorized_at"),
  `coalesce(${exact("h.expires_at")}, '-')`,
  "h.currency",
  optional("h.description"),
  optional("h.metadata")
])

const answerDigest = digest([
  `coalesce(${bare("s.transaction_id")}, '-')`,
  optional("s.receipt"),
  optional("s.rejection")
])

export const ledgerRow = "select ledger_id, batches, journal_hash from ledger.ledger where id = $1"

/** Batches after a number: how many transactions each has. */
export const sizes = `select number, transactions from ledger.batch
  where ledger_id = $1 and number > $2 order by number limit $3`

export const batches = `select number, ${exact("booked_at")} as booked_at, first, transactions, leaves, content, root, hash
  from ledger.batch where ledger_id = $1 and number between $2 and $3 order by number`

/** Transactions after an id, a row for each entry that they name. */
export const entries = `select ${bare("t.transaction_id")} as transaction_id, t.number, ${exact("t.booked_at")} as booked_at,
    t.value_date::text as value_date, t.kind, ${bare("t.reverses")} as reverses, ${bare("t.hold_id")} as hold_id,
    t.description, t.metadata::text as metadata, ${bare("t.key")} as key, ${bare("t.fingerprint")} as fingerprint,
    ${bare("entry.account_id")} as account_id, entry.sequence, entry.amount, entry.balance, entry.side, entry.belongs,
    coalesce(entry.currency, a.currency) as currency, a.normal_side, entry.currency <> a.currency as foreign_currency
  from (select * from ledger.transaction where ledger_id = $1 and ($2::uuid is null or transaction_id > $2::uuid)
    order by ledger_id, transaction_id limit $3) t
  left join lateral (
    select t.account_1 as account_id, t.sequence_1 as sequence, t.amount, t.balance_1 as balance, t.side::text as side,
      t.currency, true as belongs, 1 as position where t.account_1 is not null
    union all
    select t.account_2, t.sequence_2, t.amount, t.balance_2,
      case t.side when 'debit' then 'credit' else 'debit' end, t.currency, true, 2 where t.account_2 is not null
    union all
    select place.account_id, place.sequence, e.amount, e.balance, e.side::text, null, e.transaction_id = t.transaction_id,
      place.position
    from unnest(t.accounts, t.sequences) with ordinality as place (account_id, sequence, position)
    left join ledger.leg e
      on e.ledger_id = t.ledger_id and e.account_id = place.account_id and e.sequence = place.sequence) entry on true
  left join ledger.account a on a.ledger_id = t.ledger_id and a.account_id = entry.account_id
  order by t.transaction_id, entry.position`

export const answers = `select ${bare("s.key")} as key, ${bare("s.fingerprint")} as fingerprint,
    ${answerDigest} as digest
  from ledger.answer s where s.ledger_id = $1 and s.key = any($2::uuid[])`

export const answerCount = "select count(*) as count from ledger.answer where ledger_id = $1"

export const nodes = `select level, index, hash from ledger.node
  where ledger_id = $1 and (level, index) in (select * from unnest($2::smallint[], $3::bigint[]))`

export const nodeCount = "select count(*) as count from ledger.node where ledger_id = $1"

/** Signed heads of the sizes after one, up to another; all after it where that is null. */
export const heads = `select size, root, ${exact("signed_at")} as signed_at, signature, public_key from ledger.head
  where ledger_id = $1 and size > $2 and ($3::bigint is null or size <= $3::bigint) order by size limit $4`

// What the journal makes of each account and hold is kept beside the ledger while it is read, in tables of the session.
export const prepare = [
  "begin isolation level repeatable read",
  `create temporary table replayed_account (account_id uuid primary key, sequence bigint not null, debits numeric not null,
    credits numeric not null, version bigint not null, digest text, row_version bigint, row_debits numeric,
    row_credits numeric) on commit drop`,
  "create temporary table replayed_hold (hold_id uuid primary key, digest text not null) on commit drop"
] as const

/** What is made of each account until now, nothing at first, with the sequence of its stored row. */
export const replayed = `select ${bare("asked.account_id")} as account_id, coalesce(r.sequence, 0) as sequence,
    coalesce(r.debits, 0)::text as debits, coalesce(r.credits, 0)::text as credits, coalesce(r.version, 0) as version,
    r.digest, a.sequence as row_sequence, r.row_version, r.row_debits::text as row_debits,
    r.row_credits::text as row_credits
  from unnest($2::uuid[]) as asked (account_id) left join replayed_account r using (account_id)
  left join ledger.account a on a.ledger_id = $1 and a.account_id = asked.account_id`

export const keepAccounts = `insert into replayed_account
  select * from unnest($1::uuid[], $2::bigint[], $3::numeric[], $4::numeric[], $5::bigint[], $6::text[], $7::bigint[],
    $8::numeric[], $9::numeric[])
  on conflict (account_id) do update set sequence = excluded.sequence, debits = excluded.debits,
    credits = excluded.credits, version = excluded.version, digest = excluded.digest, row_version = excluded.row_version,
    row_debits = excluded.row_debits, row_credits = excluded.row_credits`

export const keepHolds = `insert into replayed_hold select * from unnest($1::uuid[], $2::text[])
  on conflict (hold_id) do update set digest = excluded.digest`

/** Accounts whose row is not what the journal makes of them, as they are or were when a batch since the last change ended. */
export const accounts = `select ${bare("coalesce(a.account_id, r.account_id)")} as account_id,
    case when a.account_id is null then 'is missing' when r.account_id is null then 'is not in the journal'
      when r.digest is distinct from ${accountDigest} then 'is not what was last written of it'
      when r.row_version is null then format('has sequence %s, where no batch left it', a.sequence)
      when a.version <> r.row_version then format('has version %s, the journal makes it %s', a.version, r.row_version)
      else format('has posted %s and %s, the journal makes it %s and %s',
        a.posted_debits, a.posted_credits, r.row_debits, r.row_credits) end as detail
  from (select * from ledger.account where ledger_id = $1) a full join replayed_account r using (account_id)
  where a.account_id is null or r.account_id is null or r.digest is distinct from ${accountDigest}
    or r.row_version is null or a.version <> r.row_version or a.posted_debits <> r.row_debits
    or a.posted_credits <> r.row_credits
  limit 100`

/** Accounts with another number of entries than the journal makes. */
export const entryCounts = `select ${bare("coalesce(c.account_id, r.account_id)")} as account_id,
    format('has %s entries, the journal makes it %s', coalesce(c.entries, 0), coalesce(r.sequence, 0)) as detail
  from (select account_id, count(*) as entries from ledger.entry where ledger_id = $1 group by account_id) c
  full join replayed_account r using (account_id)
  where coalesce(c.entries, 0) <> coalesce(r.sequence, 0) limit 100`

/** Accounts whose row says that it counts transactions with later entries, or such as are not booked: it would hide entries. */
export const hiding = `select ${bare("account_id")} as account_id,
    format('counts to transaction %s, and a later entry is of transaction %s', counted_to, min(number)) as detail
  from (
    select a.account_id, a.counted_to, e.number
    from ledger.account a join ledger.entry e using (ledger_id, account_id)
    where ledger_id = $1 and e.sequence > a.sequence and e.number <= a.counted_to
    union all
    select a.account_id, a.counted_to, $2::bigint from ledger.account a where ledger_id = $1 and a.counted_to >= $2::bigint
  ) hidden
  group by account_id, counted_to limit 100`

/** Holds whose row is not what was last written of them. */
export const holds = `select ${bare("coalesce(h.hold_id, r.hold_id)")} as hold_id,
    case when h.hold_id is null then 'is missing' when r.hold_id is null then 'is not in the journal'
      else 'is not what was last written of it' end as detail
  from (select * from ledger.hold where ledger_id = $1) h full join replayed_hold r using (hold_id)
  where h.hold_id is null or r.hold_id is null or r.digest <> ${holdDigest} limit 100`
