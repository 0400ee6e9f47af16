-- A row of ledger.account may be older than the account: it is the account as it was after the entry that the row's sequence
-- names, and nothing but entries has changed it since. The account as it is now is the row and the entries after it.
-- version counts the batches that changed the account, in the row those until then.

-- Whether the ledger's rows may be so. A version that takes a row for the account must not write such a ledger any more.
alter table ledger.ledger add lags boolean not null default false;
grant update (lags) on ledger.ledger to bank_ledger;

-- Accounts as they are now, with the version and the sequence that their rows have. An account has few entries after its
-- row. The batch of an entry is the last that begins at its transaction or before and has transactions: those without one
-- begin where the next does.
create view ledger.standing as
  select a.ledger_id, a.account_id, a.version + later.batches as version, a.sequence + later.entries as sequence,
    a.posted_debits + later.debits as posted_debits, a.posted_credits + later.credits as posted_credits,
    a.pending_debits, a.pending_credits, a.overdraft_limit, a.revision, a.opened_at, a.open_holds, a.kind, a.normal_side,
    a.restriction, a.closed, a.short, a.currency, a.version as row_version, a.sequence as row_sequence
  from ledger.account a cross join lateral (
    select count(*) as entries,
      coalesce(sum(e.amount) filter (where e.side = 'debit'), 0)::bigint as debits,
      coalesce(sum(e.amount) filter (where e.side = 'credit'), 0)::bigint as credits,
      count(distinct (
        select max(b.first) from ledger.batch b where b.ledger_id = a.ledger_id and b.first <= e.number)) as batches
    from (
      select leg.amount, leg.side, (
          select t.number from ledger.transaction t
          where t.ledger_id = leg.ledger_id and t.transaction_id = leg.transaction_id) as number
        from ledger.leg
        where leg.ledger_id = a.ledger_id and leg.account_id = a.account_id and leg.sequence > a.sequence
      union all
      select t.amount, t.side, t.number from ledger.transaction t
        where t.ledger_id = a.ledger_id and t.account_1 = a.account_id and t.sequence_1 > a.sequence
      union all
      select t.amount, case t.side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end, t.number
        from ledger.transaction t
        where t.ledger_id = a.ledger_id and t.account_2 = a.account_id and t.sequence_2 > a.sequence
    ) e
  ) later;
grant select on ledger.standing to bank_ledger;

-- As before, with the number of the last entry of the account as it is now.
create or replace function ledger.sequence_from(of_ledger integer, of_account uuid, moment timestamptz) returns bigint
  language plpgsql stable as $$
declare
  low bigint := 1;
  high bigint;
  middle bigint;
begin
  select coalesce(max(a.sequence), 0) + 1 into high
    from ledger.standing a where a.ledger_id = of_ledger and a.account_id = of_account;
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

-- Lets the calling transaction be the next batch of this epoch, or fails. `ending` is the hash of the journal's row that
-- the batch writes, `lagging` says that it may leave rows of accounts behind. The row stays locked until the transaction
-- has ended: a takeover waits for that.
create function ledger.fence(of_ledger integer, expected bigint, before bigint, ending bytea, lagging boolean)
  returns void language plpgsql as $$
begin
  update ledger.ledger l set batches = l.batches + 1, journal_hash = ending, lags = l.lags or lagging
    where l.ledger_id = of_ledger and l.epoch = expected and l.batches = before;
  if not found then
    if exists (select from ledger.ledger l where l.ledger_id = of_ledger and l.epoch = expected) then
      raise exception 'the batch before was not committed' using errcode = 'GB002';
    end if;
    raise exception 'another writer has taken over the ledger' using errcode = 'GB001';
  end if;
end $$;

-- For a version that runs on while this migration does, until a newer one has written the ledger.
create or replace function ledger.fence(of_ledger integer, expected bigint, before bigint, ending bytea) returns void
  language plpgsql as $$
begin
  if exists (select from ledger.ledger l where l.ledger_id = of_ledger and l.lags) then
    raise exception 'a newer version has written the ledger' using errcode = 'GB001';
  end if;
  perform ledger.fence(of_ledger, expected, before, ending, false);
end $$;
