-- Customers' accounts as their own context knows them; entries and balances are the ledger's.
create schema accounts;
grant usage on schema accounts to bank_accounts;

create table accounts.account (
  account_id uuid primary key,
  owner uuid not null,
  version integer not null check (version >= 1),
  -- The newest version that the ledger has applied; 0 for none.
  confirmed_version integer not null default 0,
  saved_at timestamptz not null,
  created_at timestamptz not null,
  product text not null,
  currency text not null,
  number text not null unique,
  iban text unique,
  name text,
  -- Minor units of the currency.
  overdraft_limit bigint not null check (overdraft_limit >= 0),
  status text not null,
  frozen_for text,
  sweep_to uuid,
  closed_at timestamptz,
  swept_to uuid
);
create index account_owner on accounts.account (owner, account_id);
create index account_unconfirmed on accounts.account (saved_at) where confirmed_version < version;

-- The answer to each opening. key is the SHA-256 of the idempotency key, fingerprint that of the request.
create table accounts.opening (
  key bytea primary key check (length(key) = 32),
  fingerprint bytea not null check (length(fingerprint) = 32),
  account_id uuid not null references accounts.account,
  -- The account as it was stored, and as the answer shows it.
  account json not null,
  answer json not null
);

create sequence accounts.number;

grant select, insert on accounts.account, accounts.opening to bank_accounts;
grant update (version, confirmed_version, saved_at, name, overdraft_limit, status, frozen_for, sweep_to, closed_at, swept_to)
  on accounts.account to bank_accounts;
grant usage on sequence accounts.number to bank_accounts;
