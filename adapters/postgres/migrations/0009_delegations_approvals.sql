-- What customers let each other do, and requests that wait for a second person. Nothing of a delegation is personal; what
-- an approval says is in the columns named sealed and outcome, encrypted by the bank and bound to their row.
do $$
declare
  -- From version 16 on, membership alone does not allow `set role`.
  privilege text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  if not exists (select from pg_roles where rolname = 'bank_access') then
    begin
      create role bank_access nologin;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_access', privilege) then
    begin
      grant bank_access to current_user;
    exception when unique_violation or internal_error then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_access', privilege) then
    raise exception 'the user % may not act as the role bank_access: grant it', current_user;
  end if;
end $$;

create schema access;
grant usage on schema access to bank_access;

-- key is the SHA-256 of the idempotency key of the request that made it, fingerprint that of the request.
create table access.delegation (
  delegation_id uuid primary key,
  key bytea not null unique check (length(key) = 32),
  fingerprint bytea not null check (length(fingerprint) = 32),
  grantor uuid not null,
  grantee uuid not null check (grantee <> grantor),
  -- None for all of the grantor's accounts.
  account uuid,
  kind text not null,
  access_right text not null,
  -- Minor units of amount_currency.
  amount_max bigint check (amount_max > 0),
  amount_currency text check ((amount_currency is null) = (amount_max is null)),
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  revoked_at timestamptz
);
create index delegation_of_grantor on access.delegation (grantor, delegation_id);
create index delegation_of_grantee on access.delegation (grantee, delegation_id);
create index delegation_unrevoked on access.delegation (grantee, grantor, delegation_id) where revoked_at is null;

-- key is the SHA-256 of the idempotency key, fingerprint a keyed hash of the request. sealed holds command, maker and
-- reason and never changes, outcome what came of it.
create table access.approval (
  approval_id uuid primary key,
  tenant text not null,
  key bytea not null check (length(key) = 32),
  fingerprint bytea not null check (length(fingerprint) = 32),
  operation text not null,
  status text not null,
  checker text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  sealed bytea not null,
  outcome bytea,
  unique (tenant, key)
);
create index approval_of_tenant on access.approval (tenant, approval_id);
create index approval_of_status on access.approval (tenant, status, approval_id);

grant select, insert on access.delegation, access.approval to bank_access;
grant update (revoked_at) on access.delegation to bank_access;
grant update (status, checker, decided_at, outcome) on access.approval to bank_access;
