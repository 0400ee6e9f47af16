-- The ledger. Every key begins with ledger_id, so that one database holds many ledgers and the tables can be distributed
-- by it. Amounts are minor units of the account's currency. There are no foreign keys: one writer decides all rows
-- against what it knows to be stored, and the audit checks them.
create schema ledger;
grant usage on schema ledger to bank_ledger;

create type ledger.side as enum ('debit', 'credit');
create type ledger.account_kind as enum ('customer', 'internal');
create type ledger.restriction as enum ('none', 'debits', 'credits', 'both');
create type ledger.transaction_kind as enum
  ('deposit', 'withdrawal', 'transfer', 'journal', 'capture', 'reversal', 'closing');
create type ledger.hold_status as enum ('authorized', 'captured', 'released', 'expired');

-- Who writes a ledger: a writer that takes over raises the epoch, and no batch of an earlier epoch commits after that.
-- batches counts what was committed, so that a batch never follows one that failed.
-- Its number stands for its id in every other key: short keys make short indexes.
create table ledger.ledger (
  ledger_id integer generated always as identity primary key,
  id uuid not null unique,
  epoch bigint not null check (epoch > 0),
  batches bigint not null default 0 check (batches >= 0),
  writer uuid not null
) with (fillfactor = 10);

-- version counts the writes to the row. short says that a lowered overdraft limit left the account with less than
-- nothing available and that it has not recovered since. Half of each page stays free, so that new row versions need no
-- new index entries.
create table ledger.account (
  ledger_id integer not null,
  account_id uuid not null,
  version bigint not null,
  sequence bigint not null check (sequence >= 0),
  posted_debits bigint not null check (posted_debits >= 0),
  posted_credits bigint not null check (posted_credits >= 0),
  pending_debits bigint not null check (pending_debits >= 0),
  pending_credits bigint not null check (pending_credits >= 0),
  overdraft_limit bigint not null,
  revision bigint not null,
  opened_at timestamptz not null,
  open_holds integer not null check (open_holds >= 0),
  kind ledger.account_kind not null,
  normal_side ledger.side not null,
  restriction ledger.restriction not null,
  closed boolean not null,
  short boolean not null,
  currency text not null,
  primary key (ledger_id, account_id)
) with (fillfactor = 50);

-- accounts and sequences say where the entries are, in their order.
create table ledger.transaction (
  ledger_id integer not null,
  transaction_id uuid not null,
  booked_at timestamptz not null,
  value_date date not null,
  kind ledger.transaction_kind not null,
  accounts uuid[] not null,
  sequences bigint[] not null check (cardinality(sequences) = cardinality(accounts)),
  reverses uuid,
  hold_id uuid,
  description text,
  -- Not jsonb: a retry is answered with the same text, and that keeps the order of the keys.
  metadata json,
  primary key (ledger_id, transaction_id)
);
create index transaction_reverses on ledger.transaction (ledger_id, reverses) where reverses is not null;
create index transaction_hold on ledger.transaction (ledger_id, hold_id) where hold_id is not null;

-- An account's history is one range of the primary key, which is the only index: an entry costs as little as can be.
create table ledger.entry (
  ledger_id integer not null,
  account_id uuid not null,
  sequence bigint not null,
  amount bigint not null check (amount > 0),
  balance bigint not null,
  transaction_id uuid not null,
  side ledger.side not null,
  primary key (ledger_id, account_id, sequence)
);

create table ledger.hold (
  ledger_id integer not null,
  hold_id uuid not null,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount bigint not null check (amount > 0),
  captured bigint not null check (captured between 0 and amount),
  authorized_at timestamptz not null,
  expires_at timestamptz,
  status ledger.hold_status not null,
  currency text not null,
  description text,
  metadata json,
  primary key (ledger_id, hold_id)
);
create index hold_expiring on ledger.hold (ledger_id, expires_at)
  where status = 'authorized' and expires_at is not null;

-- What was answered under an idempotency key. key and fingerprint are the first 16 bytes of the SHA-256 of the key and of
-- the command. A receipt that is only a transaction is that transaction's rows.
create table ledger.answer (
  ledger_id integer not null,
  key uuid not null,
  transaction_id uuid,
  fingerprint uuid not null,
  receipt json,
  rejection json,
  primary key (ledger_id, key),
  check (num_nonnulls(receipt, rejection) <= 1 and num_nonnulls(transaction_id, receipt, rejection) >= 1)
);

-- Entries and transactions are never changed or removed; an account keeps its kind, currency and normal side.
grant select, insert on all tables in schema ledger to bank_ledger;
grant update (epoch, batches, writer) on ledger.ledger to bank_ledger;
grant update (version, sequence, posted_debits, posted_credits, pending_debits, pending_credits, overdraft_limit,
  revision, open_holds, restriction, closed, short) on ledger.account to bank_ledger;
grant update (captured, status) on ledger.hold to bank_ledger;

-- Lets the calling transaction be the next batch of this epoch, or fails. The row stays locked until the transaction has
-- ended: a takeover waits for that.
create function ledger.fence(of_ledger integer, expected bigint, before bigint) returns void language plpgsql as $$
begin
  update ledger.ledger l set batches = l.batches + 1
    where l.ledger_id = of_ledger and l.epoch = expected and l.batches = before;
  if not found then
    if exists (select from ledger.ledger l where l.ledger_id = of_ledger and l.epoch = expected) then
      raise exception 'the batch before was not committed' using errcode = 'GB002';
    end if;
    raise exception 'another writer has taken over the ledger' using errcode = 'GB001';
  end if;
end $$;

-- Fails unless every row that was to be changed still was what the writer knew.
create function ledger.expect_rows(actual bigint, expected bigint) returns void language plpgsql as $$
begin
  if actual <> expected then
    raise exception 'changed % rows of %: the stored rows are not those the writer knows', actual, expected
      using errcode = 'GB002';
  end if;
end $$;

-- The number of the first entry of an account that was booked at `moment` or later; one past the last if there is none.
-- An account's entries are in booking order, so it searches by halves.
create function ledger.sequence_from(of_ledger integer, of_account uuid, moment timestamptz) returns bigint
  language plpgsql stable as $$
declare
  low bigint := 1;
  high bigint;
  middle bigint;
begin
  select coalesce(max(e.sequence), 0) + 1 into high
    from ledger.entry e where e.ledger_id = of_ledger and e.account_id = of_account;
  while low < high loop
    middle := (low + high) / 2;
    if exists (
      select from ledger.entry e join ledger.transaction t using (ledger_id, transaction_id)
      where e.ledger_id = of_ledger and e.account_id = of_account and e.sequence = middle and t.booked_at < moment
    ) then
      low := middle + 1;
    else
      high := middle;
    end if;
  end loop;
  return low;
end $$;
