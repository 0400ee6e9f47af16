-- What the ledger is proven by: the transaction with number n is the leaf n of the ledger's Merkle tree. What was booked
-- before this migration is journaled when the ledger is next taken over.
-- A row for each committed batch, in the order of commitment: number is 0, 1, 2 … without a gap, first is the leaf of its
-- first transaction. leaves has 32 bytes for each transaction; content digests everything else that the batch wrote
-- (adapters/postgres/ledger/Journal.ts has the layout); hash chains the rows. Hashes do not compress.
create table ledger.batch (
  ledger_id integer not null,
  number bigint not null check (number >= 0),
  booked_at timestamptz not null,
  first bigint not null check (first >= 0),
  transactions integer not null check (transactions >= 0),
  leaves bytea not null check (length(leaves) = 32 * transactions),
  content bytea not null,
  root bytea not null check (length(root) = 32),
  hash bytea not null check (length(hash) = 32),
  primary key (ledger_id, number)
);
alter table ledger.batch alter leaves set storage external, alter content set storage external;
create index batch_first on ledger.batch (ledger_id, first);

-- The tree's nodes of levels 8, 16, 24 …: the node of a level has the leaves from index * 2^level on.
create table ledger.node (
  ledger_id integer not null,
  level smallint not null check (level > 0 and level % 8 = 0),
  index bigint not null check (index >= 0),
  hash bytea not null check (length(hash) = 32),
  primary key (ledger_id, level, index)
);

-- Signed tree heads that were given out, one for a size and a key.
create table ledger.head (
  ledger_id integer not null,
  size bigint not null check (size >= 0),
  root bytea not null check (length(root) = 32),
  signed_at timestamptz not null,
  signature bytea not null check (length(signature) = 64),
  public_key bytea not null check (length(public_key) = 32),
  primary key (ledger_id, size, public_key)
);

-- How far each consumer of the feed of batches is: before the batch, and behind the last transaction of those before it.
create table ledger.cursor (
  ledger_id integer not null,
  consumer text not null,
  batch bigint not null check (batch >= 0),
  transaction_id uuid,
  primary key (ledger_id, consumer)
);

grant select, insert, update on ledger.cursor to bank_ledger;
grant select, insert on ledger.batch, ledger.node, ledger.head to bank_ledger;
