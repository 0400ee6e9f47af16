-- The audit log: who has read and written what. Entries are chained by hashes (domain/identity/AuditChain.ts) and never
-- change. Roles belong to the whole cluster, so another database of it may make this one at the same moment.
do $$
declare
  -- From version 16 on, membership alone does not allow `set role`.
  privilege text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  if not exists (select from pg_roles where rolname = 'bank_audit') then
    begin
      create role bank_audit nologin;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_audit', privilege) then
    begin
      grant bank_audit to current_user;
    exception when unique_violation or internal_error then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_audit', privilege) then
    raise exception 'the user % may not act as the role bank_audit: grant it', current_user;
  end if;
end $$;

create schema audit;
grant usage on schema audit to bank_audit;

-- sealed is encrypted by the bank: the object before and after, address, user agent and reason. The id is what it is bound
-- to, and tells a batch whose answer was lost from another.
create table audit.entry (
  sequence bigint primary key check (sequence >= 1),
  id uuid not null unique,
  at timestamptz not null,
  tenant text collate "C" not null,
  actor text collate "C" not null,
  user_id text collate "C",
  customer text collate "C",
  roles text[] not null,
  client text collate "C",
  session text collate "C",
  operation text collate "C" not null,
  objects text[] not null,
  outcome text collate "C" not null,
  code text collate "C",
  request_id text collate "C" not null,
  sealed bytea,
  hash bytea not null check (length(hash) = 32)
);
-- Encrypted bytes do not compress.
alter table audit.entry alter sealed set storage external;
-- Each search walks one of these backward and stops when the page is full.
create index entry_actor on audit.entry (actor, sequence);
create index entry_user on audit.entry (user_id, sequence) where user_id is not null;
create index entry_customer on audit.entry (customer, sequence) where customer is not null;
create index entry_operation on audit.entry (operation, sequence);

-- The objects of entries, for searches.
create table audit.object (
  object text collate "C" not null,
  sequence bigint not null,
  primary key (object, sequence)
);

-- Between which entries those of a minute and of an hour lie, for searches by time: clocks differ, so that entries are not
-- quite in the order of their times. number counts spans of so many minutes since 1970.
create table audit.span (
  minutes integer not null check (minutes in (1, 60)),
  number bigint not null,
  first bigint not null,
  last bigint not null,
  primary key (minutes, number)
);

-- The newest entry, 0 and zeros before the first. Its lock is what makes the entries a chain.
create table audit.head (
  is_head boolean primary key default true check (is_head),
  sequence bigint not null,
  hash bytea not null check (length(hash) = 32)
) with (fillfactor = 10);
insert into audit.head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Appends a batch, or nothing where it was appended before. digests has 32 bytes for each entry; roles and objects are array
-- literals; object_of tells of which entry of the batch an object is, from 1 on.
create function audit.append(
  ids uuid[], times timestamptz[], tenants text[], actors text[], users text[], customers text[], roles text[],
  clients text[], sessions text[], operations text[], objects text[], outcomes text[], codes text[], requests text[],
  seals bytea[], digests bytea, object_names text[], object_of integer[]
) returns void language plpgsql as $$
declare
  length constant integer := cardinality(ids);
  before bigint;
  link bytea;
  links bytea[];
begin
  select h.sequence, h.hash into strict before, link from audit.head h for update;
  -- Only who has the lock sees every batch that was committed before.
  if exists (select from audit.entry e where e.id = ids[1]) then
    return;
  end if;
  for place in 1 .. length loop
    link := sha256('gophers-bank audit chain 1'::bytea || link || int8send(before + place)
      || substring(digests from place * 32 - 31 for 32));
    links[place] := link;
  end loop;
  insert into audit.entry (sequence, id, at, tenant, actor, user_id, customer, roles, client, session, operation, objects,
      outcome, code, request_id, sealed, hash)
    select before + r.place, r.id, r.at, r.tenant, r.actor, r.user_id, r.customer, r.roles::text[], r.client, r.session,
      r.operation, r.objects::text[], r.outcome, r.code, r.request_id, r.sealed, r.hash
    from unnest(ids, times, tenants, actors, users, customers, roles, clients, sessions, operations, objects, outcomes,
      codes, requests, seals, links) with ordinality as r (id, at, tenant, actor, user_id, customer, roles, client,
      session, operation, objects, outcome, code, request_id, sealed, hash, place);
  insert into audit.object (object, sequence)
    select r.object, before + r.place from unnest(object_names, object_of) as r (object, place);
  insert into audit.span (minutes, number, first, last)
    select size.minutes, floor(extract(epoch from r.at) / (60 * size.minutes))::bigint, before + min(r.place),
        before + max(r.place)
      from unnest(times) with ordinality as r (at, place) cross join (values (1), (60)) as size (minutes) group by 1, 2
    on conflict (minutes, number) do update
      set first = least(span.first, excluded.first), last = greatest(span.last, excluded.last);
  update audit.head set sequence = before + length, hash = link;
end $$;
revoke execute on function audit.append from public;
grant execute on function audit.append to bank_audit;

grant select, insert on audit.entry, audit.object to bank_audit;
grant select, insert on audit.span to bank_audit;
grant update (first, last) on audit.span to bank_audit;
grant select on audit.head to bank_audit;
grant update (sequence, hash) on audit.head to bank_audit;
