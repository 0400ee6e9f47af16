-- Users, what they prove themselves by, their sessions, and what the OpenID provider keeps of their logins. Personal data,
-- credentials and secrets are in the columns named sealed: encrypted by the bank under the tenant's data key, each bound
-- to its table and row. Everything that finds a row without its id is a keyed hash or a SHA-256.
do $$
declare
  -- From version 16 on, membership alone does not allow `set role`.
  privilege text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  if not exists (select from pg_roles where rolname = 'bank_users') then
    begin
      create role bank_users nologin;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_users', privilege) then
    begin
      grant bank_users to current_user;
    exception when unique_violation or internal_error then
      null;
    end;
  end if;
  if not pg_has_role(current_user, 'bank_users', privilege) then
    raise exception 'the user % may not act as the role bank_users: grant it', current_user;
  end if;
end $$;

create schema users;
grant usage on schema users to bank_users;

-- A tenant's data keys, wrapped under a master key that is not here.
create table users.data_key (
  tenant text not null,
  purpose text not null,
  number integer not null check (number >= 1),
  master_key text not null,
  wrapped bytea not null,
  primary key (tenant, purpose, number)
);

-- sealed holds email address, profile and what is known of the verification; email_key is the keyed hash of the address.
create table users.person (
  user_id uuid primary key,
  tenant text not null,
  branch text not null,
  customer uuid,
  status text not null,
  roles text[] not null,
  kyc_level text not null,
  kyc_status text not null,
  email_key bytea check (length(email_key) = 32),
  email_verified_at timestamptz,
  created_at timestamptz not null,
  closed_at timestamptz,
  version integer not null check (version >= 1),
  sealed bytea not null
);
create unique index person_email on users.person (tenant, email_key);
create unique index person_customer on users.person (customer);
create index person_of_tenant on users.person (tenant, user_id);
create index person_of_status on users.person (tenant, status, user_id);
create index person_of_kyc on users.person (tenant, kyc_status, user_id);

create table users.credential (
  user_id uuid primary key references users.person,
  tenant text not null,
  version integer not null check (version >= 1),
  sealed bytea not null
);

-- The logins at other providers and the passkeys that open a user's, by keyed hash; no two users share one.
create table users.login_key (
  tenant text not null,
  key bytea not null check (length(key) = 32),
  user_id uuid not null references users.person,
  primary key (tenant, key)
);
create index login_key_of_user on users.login_key (user_id);

-- sealed holds address and user agent, where there is one.
create table users.session (
  session_id uuid primary key,
  tenant text not null,
  user_id uuid not null,
  client text not null,
  methods text[] not null,
  assurance text not null,
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  sealed bytea
);
create index session_unrevoked on users.session (user_id, session_id) where revoked_at is null;
create index session_revoked on users.session (tenant, revoked_at, session_id) where revoked_at is not null;
create index session_expiry on users.session (expires_at);

-- digest is the SHA-256 of what finds the challenge.
create table users.challenge (
  tenant text not null,
  kind text not null,
  digest bytea not null check (length(digest) = 32),
  user_id uuid,
  attempts_left integer not null,
  expires_at timestamptz not null,
  sealed bytea not null,
  primary key (tenant, kind, digest)
);
create unique index challenge_of_user on users.challenge (kind, user_id) where user_id is not null;
create index challenge_expiry on users.challenge (expires_at);

-- failed_at: epoch milliseconds of the failures that count, in their order; name is a keyed hash.
create table users.failed_login (
  tenant text not null,
  name bytea not null check (length(name) = 32),
  failed_at bigint[] not null,
  expires_at timestamptz not null,
  primary key (tenant, name)
);
create index failed_login_expiry on users.failed_login (expires_at);

create table users.signing_key (
  tenant text not null,
  kid text not null,
  created_at timestamptz not null,
  signs_from timestamptz not null,
  published_until timestamptz,
  sealed bytea not null,
  primary key (tenant, kid)
);

-- Grants of the OpenID provider, by SHA-256. Whoever stores an artifact of a grant or ends the grant locks its row first.
-- A row is needed while an artifact is being stored, and of a grant that ended until kept_until.
create table users.oauth_grant (
  tenant text not null,
  grant_key bytea not null check (length(grant_key) = 32),
  ended_at timestamptz,
  kept_until timestamptz not null,
  primary key (tenant, grant_key)
);
create index oauth_grant_expiry on users.oauth_grant (kept_until);

-- The keys are SHA-256 of the secrets and names that find an artifact; those are in sealed with its payload.
create table users.artifact (
  tenant text not null,
  model text not null,
  id_key bytea not null check (length(id_key) = 32),
  grant_key bytea check (length(grant_key) = 32),
  uid_key bytea check (length(uid_key) = 32),
  user_code_key bytea check (length(user_code_key) = 32),
  stored_at timestamptz not null,
  expires_at timestamptz,
  consumed_at timestamptz,
  sealed bytea not null,
  primary key (tenant, model, id_key)
);
create index artifact_of_grant on users.artifact (tenant, grant_key) where grant_key is not null;
create index artifact_of_uid on users.artifact (tenant, model, uid_key) where uid_key is not null;
create index artifact_of_user_code on users.artifact (tenant, model, user_code_key) where user_code_key is not null;
create index artifact_expiry on users.artifact (expires_at) where expires_at is not null;

grant select, insert on users.data_key, users.person, users.credential to bank_users;
grant update (master_key, wrapped) on users.data_key to bank_users;
grant update (branch, customer, status, roles, kyc_level, kyc_status, email_key, email_verified_at, closed_at, version, sealed)
  on users.person to bank_users;
grant update (version, sealed) on users.credential to bank_users;
grant select, insert, delete on users.login_key to bank_users;
grant select, insert, delete on users.session, users.challenge, users.failed_login, users.signing_key, users.oauth_grant,
  users.artifact to bank_users;
grant update (methods, assurance, authenticated_at, last_seen_at, expires_at, revoked_at) on users.session to bank_users;
grant update on users.challenge, users.failed_login, users.oauth_grant, users.artifact to bank_users;
grant update (published_until) on users.signing_key to bank_users;
