-- Balances by value date: the balance at the end of that booking day, corrected by the entries whose value date is another
-- day than their booking day. These indexes hold nothing but such entries, which are few.
create index transaction_off_dated_1 on ledger.transaction (account_1, value_date)
  where account_1 is not null and value_date <> (booked_at at time zone 'UTC')::date;
create index transaction_off_dated_2 on ledger.transaction (account_2, value_date)
  where account_2 is not null and value_date <> (booked_at at time zone 'UTC')::date;
create index transaction_off_dated_legs on ledger.transaction using gin (accounts)
  where accounts is not null and value_date <> (booked_at at time zone 'UTC')::date;

-- Minor units by which an account's entries with a value date up to `day` differ from its balance at the end of `day` (UTC):
-- what was booked by then and counts later is taken off, what was booked later and counts by then is added. The planner
-- takes any two dates for different ones and would read a large account's whole history, but for the setting.
create function ledger.off_dated(of_ledger integer, of_account uuid, day date) returns bigint
  language sql stable set enable_seqscan = off as $$
  with moved as (
    select t.value_date, e.amount, e.side
      from ledger.transaction t
      cross join lateral unnest(t.accounts, t.sequences) as place (account_id, sequence)
      join ledger.leg e
        on e.ledger_id = t.ledger_id and e.account_id = place.account_id and e.sequence = place.sequence
      where t.ledger_id = of_ledger and t.accounts is not null and t.accounts @> array[of_account]
        and place.account_id = of_account and t.value_date <> (t.booked_at at time zone 'UTC')::date
        and (t.value_date <= day) <> (t.booked_at < (day + 1)::timestamp at time zone 'UTC')
    union all
    select t.value_date, t.amount, t.side
      from ledger.transaction t
      where t.ledger_id = of_ledger and t.account_1 = of_account
        and t.value_date <> (t.booked_at at time zone 'UTC')::date
        and (t.value_date <= day) <> (t.booked_at < (day + 1)::timestamp at time zone 'UTC')
    union all
    select t.value_date, t.amount, case t.side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end
      from ledger.transaction t
      where t.ledger_id = of_ledger and t.account_2 = of_account
        and t.value_date <> (t.booked_at at time zone 'UTC')::date
        and (t.value_date <= day) <> (t.booked_at < (day + 1)::timestamp at time zone 'UTC')
  )
  select coalesce(sum(case when value_date <= day then 1 else -1 end
    * case when moved.side = a.normal_side then moved.amount else -moved.amount end), 0)::bigint
  from moved, ledger.account a where a.ledger_id = of_ledger and a.account_id = of_account
$$;

-- As before, with the number of the last entry from the account instead of from all of its entries.
create or replace function ledger.sequence_from(of_ledger integer, of_account uuid, moment timestamptz) returns bigint
  language plpgsql stable as $$
declare
  low bigint := 1;
  high bigint;
  middle bigint;
begin
  select coalesce(max(a.sequence), 0) + 1 into high
    from ledger.account a where a.ledger_id = of_ledger and a.account_id = of_account;
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
