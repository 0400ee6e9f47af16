-- The indexes by which an account's entries are found begin with the segment of the transaction: 2^20 transactions that are
-- neighbours in the order of booking. All that is written goes to the newest segment's range of each, which stays in memory.
-- An account's entries are looked for segment by segment. Their sequences ascend with the numbers of their transactions and
-- have no gap, so that segments are searched in order, until as many are found as there can be.
create function ledger.segment(number bigint) returns bigint language sql immutable parallel safe as $$ select number >> 20 $$;

-- Reads go on while the new indexes are built; writes wait.
create index transaction_segment_1 on ledger.transaction ((number >> 20), account_1, sequence_1) where account_1 is not null;
create index transaction_segment_2 on ledger.transaction ((number >> 20), account_2, sequence_2) where account_2 is not null;
drop index ledger.transaction_account_1, ledger.transaction_account_2;
alter index ledger.transaction_segment_1 rename to transaction_account_1;
alter index ledger.transaction_segment_2 rename to transaction_account_2;

-- The row counts all of the account's entries in the transactions up to this number, so that those after its sequence have
-- greater numbers. It may be lower than it could be: -1 where nothing is known, and versions that do not know the column
-- leave it as it is.
alter table ledger.account add counted_to bigint not null default -1;
grant update (counted_to) on ledger.account to bank_ledger;

-- As before, with the numbers of the transactions.
create or replace view ledger.entry as
  select ledger_id, account_id, sequence, amount, balance, transaction_id, side, (
      select t.number from ledger.transaction t
      where t.ledger_id = leg.ledger_id and t.transaction_id = leg.transaction_id) as number
    from ledger.leg
  union all
  select ledger_id, account_1, sequence_1, amount, balance_1, transaction_id, side, number
    from ledger.transaction where account_1 is not null
  union all
  select ledger_id, account_2, sequence_2, amount, balance_2, transaction_id,
    case side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end, number
    from ledger.transaction where account_2 is not null;

-- The entries of transactions of two, to be searched by segment and account; the others are found by account in ledger.leg.
create view ledger.pair as
  select ledger_id, ledger.segment(number) as segment, account_1 as account_id, sequence_1 as sequence, number, booked_at,
    amount, balance_1 as balance, side
    from ledger.transaction where account_1 is not null
  union all
  select ledger_id, ledger.segment(number), account_2, sequence_2, number, booked_at, amount, balance_2,
    case side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end
    from ledger.transaction where account_2 is not null;
grant select on ledger.pair to bank_ledger;

-- As before; the entries after a row are in the segments from the one after what the row counts to the newest. `offset 0`
-- keeps the search of each segment as it is written.
create or replace view ledger.standing as
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
      select found.amount, found.side, found.number
        from generate_series(ledger.segment(a.counted_to + 1), (
          select ledger.segment(b.first + b.transactions - 1) from ledger.batch b
          where b.ledger_id = a.ledger_id order by b.number desc limit 1)) as searched (segment)
        cross join lateral (
          select pair.amount, pair.side, pair.number from ledger.pair
          where pair.ledger_id = a.ledger_id and pair.segment = searched.segment
            and pair.account_id = a.account_id and pair.sequence > a.sequence
          offset 0) found
    ) e
  ) later;

-- The numbers of the transactions booked before `moment`: all below `low`, perhaps some from there on, none from `high` on.
-- In between is one batch, for what was booked before there were batches was journaled many moments at once. Searches by
-- halves, over batches with transactions, which are in booking order.
create function ledger.numbers_before(of_ledger integer, moment timestamptz, out low bigint, out high bigint)
  language plpgsql stable as $$
declare
  middle bigint;
  batch record;
  next bigint;
begin
  low := 0;
  select b.first + b.transactions into high
    from ledger.batch b where b.ledger_id = of_ledger order by b.number desc limit 1;
  next := high;
  while low < high loop
    middle := (low + high) / 2;
    select b.booked_at, b.first, b.first + b.transactions as next into batch
      from ledger.batch b where b.ledger_id = of_ledger and b.first <= middle and b.transactions > 0
      order by b.first desc limit 1;
    if batch.booked_at < moment then
      low := greatest(batch.next, middle + 1);
    else
      high := least(batch.first, middle);
      next := coalesce(batch.next, next);
    end if;
  end loop;
  high := coalesce(greatest(next, low), low);
end $$;

-- The first and the last sequence that an account has in transactions of two of a segment; null where it has none.
create function ledger.sequences_in(of_ledger integer, of_segment bigint, of_account uuid)
  returns table (first bigint, last bigint) language sql stable as $$
  select least((
      select t.sequence_1 from ledger.transaction t
      where ledger.segment(t.number) = of_segment and t.account_1 = of_account and t.ledger_id = of_ledger
      order by t.sequence_1 limit 1), (
      select t.sequence_2 from ledger.transaction t
      where ledger.segment(t.number) = of_segment and t.account_2 = of_account and t.ledger_id = of_ledger
      order by t.sequence_2 limit 1)),
    greatest((
      select t.sequence_1 from ledger.transaction t
      where ledger.segment(t.number) = of_segment and t.account_1 = of_account and t.ledger_id = of_ledger
      order by t.sequence_1 desc limit 1), (
      select t.sequence_2 from ledger.transaction t
      where ledger.segment(t.number) = of_segment and t.account_2 = of_account and t.ledger_id = of_ledger
      order by t.sequence_2 desc limit 1))
$$;

-- Where an account's entries booked at `moment` or later begin: the sequence of the first, or one past the last if there is
-- none. The entries before it are in segments up to segment_high, it and those after it in segments from segment_low on.
-- What is neither before nor after these two segments is a range of sequences, which it searches by halves.
create function ledger.place_from(of_ledger integer, of_account uuid, moment timestamptz,
  out sequence bigint, out segment_low bigint, out segment_high bigint)
  language plpgsql stable as $$
declare
  newest bigint;
  high bigint;
  middle bigint;
begin
  select ledger.segment(n.low), ledger.segment(n.high) into segment_low, segment_high
    from ledger.numbers_before(of_ledger, moment) n;
  select ledger.segment(b.first + b.transactions) into newest
    from ledger.batch b where b.ledger_id = of_ledger order by b.number desc limit 1;
  for segment in reverse segment_low - 1 .. 0 loop
    select s.last + 1 into sequence from ledger.sequences_in(of_ledger, segment, of_account) s;
    exit when sequence is not null;
  end loop;
  sequence := coalesce(sequence, 1);
  for segment in segment_high + 1 .. coalesce(newest, 0) loop
    select s.first into high from ledger.sequences_in(of_ledger, segment, of_account) s;
    exit when high is not null;
  end loop;
  if high is null then
    select coalesce(max(a.sequence), 0) + 1 into high
      from ledger.standing a where a.ledger_id = of_ledger and a.account_id = of_account;
  end if;
  while sequence < high loop
    middle := (sequence + high) / 2;
    if exists (
      select from ledger.pair p
      where p.ledger_id = of_ledger and p.segment = any (array[segment_low, segment_high]) and p.account_id = of_account
        and p.sequence = middle and p.booked_at < moment
    ) or exists (
      select from ledger.leg e join ledger.transaction t using (ledger_id, transaction_id)
      where e.ledger_id = of_ledger and e.account_id = of_account and e.sequence = middle and t.booked_at < moment
    ) then
      sequence := middle + 1;
    else
      high := middle;
    end if;
  end loop;
end $$;

-- For a version that runs on while this migration does.
create or replace function ledger.sequence_from(of_ledger integer, of_account uuid, moment timestamptz) returns bigint
  language sql stable as $$ select sequence from ledger.place_from(of_ledger, of_account, moment) $$;

-- Where an account's entries are whose sequences are between `after` and `before` and that are booked from `booked_from` on and
-- before `booked_before` (null for no bound): these sequences, none where first is above last, and those of them that are in
-- transactions of two in these segments.
create function ledger.span(of_ledger integer, of_account uuid, after bigint, before bigint, booked_from timestamptz,
  booked_before timestamptz, out first bigint, out last bigint, out segment_first bigint, out segment_last bigint)
  language plpgsql stable as $$
declare
  counted bigint;
begin
  select 1, a.sequence, case when after >= a.sequence then ledger.segment(a.counted_to + 1) else 0 end
    into first, counted, segment_first
    from ledger.account a where a.ledger_id = of_ledger and a.account_id = of_account;
  if booked_from is not null then
    select p.sequence, p.segment_low into first, segment_first
      from ledger.place_from(of_ledger, of_account, booked_from) p;
  end if;
  if booked_before is not null then
    select p.sequence - 1, p.segment_high into last, segment_last
      from ledger.place_from(of_ledger, of_account, booked_before) p;
  else
    select ledger.segment(b.first + b.transactions - 1) into segment_last
      from ledger.batch b where b.ledger_id = of_ledger order by b.number desc limit 1;
    if before <= counted then
      last := counted;
    else
      select a.sequence into last from ledger.standing a where a.ledger_id = of_ledger and a.account_id = of_account;
    end if;
  end if;
  first := greatest(first, after + 1);
  last := least(coalesce(last, 0), before - 1);
  segment_first := coalesce(segment_first, 0);
  segment_last := coalesce(segment_last, 0);
end $$;

-- The balance of an account after the last of its entries booked before `moment`: one entry, wherever it is.
create function ledger.balance_before(of_ledger integer, of_account uuid, moment timestamptz) returns bigint
  language sql stable as $$
  select coalesce((
    select found.balance
    from ledger.place_from(of_ledger, of_account, moment) place
    cross join lateral (
      select e.balance from ledger.leg e
        where e.ledger_id = of_ledger and e.account_id = of_account and e.sequence = place.sequence - 1
      union all
      select pair.balance from generate_series(place.segment_high, 0, -1) as searched (segment)
        cross join lateral (
          select p.balance from ledger.pair p
          where p.ledger_id = of_ledger and p.segment = searched.segment and p.account_id = of_account
            and p.sequence = place.sequence - 1
          offset 0) pair
    ) found
    limit 1), 0)
$$;

-- The index of legs that are off-dated can only be read as a bitmap. A session that may not would read the whole ledger.
alter function ledger.off_dated(integer, uuid, date) set enable_bitmapscan = on;
