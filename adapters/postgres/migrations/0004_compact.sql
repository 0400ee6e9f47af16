-- A transaction of two entries is one row: they are one amount on two sides, so the row has both accounts, the numbers of
-- the entries and the balances after them. The entries of other transactions are rows of ledger.leg. An idempotency key
-- whose whole answer is a transaction is a column of that transaction, and has no row in ledger.answer.
alter table ledger.entry rename to leg;
alter index ledger.entry_pkey rename to leg_pkey;

alter table ledger.transaction
  alter accounts drop not null,
  alter sequences drop not null,
  -- The transactions of a ledger from 0, without a gap, in the order in which they were booked.
  add number bigint,
  add account_1 uuid,
  add account_2 uuid,
  add sequence_1 bigint,
  add sequence_2 bigint,
  add balance_1 bigint,
  add balance_2 bigint,
  add amount bigint check (amount > 0),
  add key uuid,
  add fingerprint uuid,
  -- Of the first entry; the second is on the other side.
  add side ledger.side,
  add currency text,
  add constraint transaction_entries check (
    num_nulls(account_1, account_2, sequence_1, sequence_2, balance_1, balance_2, amount, side, currency) = 9 * (accounts is not null)::integer
    and num_nulls(accounts, sequences) = 2 * (account_1 is not null)::integer
    and num_nulls(key, fingerprint) in (0, 2));

-- What was booked until now, in its order, with its keys.
update ledger.transaction t set number = numbered.number
  from (select ledger_id, transaction_id,
          row_number() over (partition by ledger_id order by booked_at, transaction_id) - 1 as number
        from ledger.transaction) numbered
  where t.ledger_id = numbered.ledger_id and t.transaction_id = numbered.transaction_id;
alter table ledger.transaction alter number set not null;

-- An account's history is a range of each of these. They are searched by account, which one ledger has.
create index transaction_account_1 on ledger.transaction (account_1, sequence_1) where account_1 is not null;
create index transaction_account_2 on ledger.transaction (account_2, sequence_2) where account_2 is not null;

-- Digests come in no order: a hash index takes them at a third of the cost of a sorted one. One writer looks a key up
-- before it stores it, and the audit looks for keys that are there twice.
create index transaction_key on ledger.transaction using hash (key);

-- All entries, wherever they are.
create view ledger.entry as
  select ledger_id, account_id, sequence, amount, balance, transaction_id, side from ledger.leg
  union all
  select ledger_id, account_1, sequence_1, amount, balance_1, transaction_id, side
    from ledger.transaction where account_1 is not null
  union all
  select ledger_id, account_2, sequence_2, amount, balance_2, transaction_id,
    case side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end
    from ledger.transaction where account_2 is not null;

grant select on ledger.entry to bank_ledger;
