-- The journal's end is kept beside the journal, so that last rows that were cut off are missed. journal_hash is the hash of
-- the last row, or what stands for it before the first; batches then is the number of rows. It is null where a version that
-- does not keep it wrote last: the next takeover by one that does sets both.
alter table ledger.ledger add journal_hash bytea check (length(journal_hash) = 32);
grant update (journal_hash) on ledger.ledger to bank_ledger;

-- Lets the calling transaction be the next batch of this epoch, or fails. `ending` is the hash of the journal's row that
-- the batch writes. The row stays locked until the transaction has ended: a takeover waits for that.
create function ledger.fence(of_ledger integer, expected bigint, before bigint, ending bytea) returns void
  language plpgsql as $$
begin
  update ledger.ledger l set batches = l.batches + 1, journal_hash = ending
    where l.ledger_id = of_ledger and l.epoch = expected and l.batches = before;
  if not found then
    if exists (select from ledger.ledger l where l.ledger_id = of_ledger and l.epoch = expected) then
      raise exception 'the batch before was not committed' using errcode = 'GB002';
    end if;
    raise exception 'another writer has taken over the ledger' using errcode = 'GB001';
  end if;
end $$;

-- For a version that runs on while this migration does: it does not say what it writes last.
create or replace function ledger.fence(of_ledger integer, expected bigint, before bigint) returns void
  language sql as $$ select ledger.fence(of_ledger, expected, before, null) $$;
