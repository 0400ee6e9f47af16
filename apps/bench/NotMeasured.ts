/** What the figures do and do not say; printed with them. */
import { duplicatesPercent, rejectionsPercent } from "./Mix.ts"

export const counted = `Counted: transfers that were committed and acknowledged. Of the bank's requests ${duplicatesPercent} % are retries and ${rejectionsPercent} % are
rejected; both are answered, and checked, and neither is counted.
Latencies are those of the counted transfers, measured where they are sent; the time ends with the last answer.
Every contender ran for up to 2 s before the first round, which is not measured: the JIT compiler has done its work.
CPU is counted in ticks of 10 ms, where Linux's /proc shows it. WAL and PostgreSQL's CPU are the whole server's, so what
other databases did meanwhile is in them.`

export const pgbenchNotes = `The transfers of pgbench and of the naive reference are all new. pgbench's transaction is not a transfer: three updates,
a select and an insert. Its 5,000,000 accounts are 750 MB, so that nearly each transaction writes a whole page to the WAL.`

export const ledgerNotes = `The ledger's load and its checks run in the ledger's own process and take CPU from it; pgbench's own CPU is its load's.
The naive transfer has as many accounts as the ledger. A checkpoint that is begun on purpose is begun in the middle.

Not measured here: the REST and RPC edges (\`endtoend\`); more accounts than the writer keeps in memory, and large tables
(\`large\`); a network between bank and PostgreSQL; holds, reversals, transactions of more than two legs, metadata; an
outbox; reads beside the writes; replicas; long runs with their own checkpoints and vacuums.`

export const largeNotes = `Both ledgers, the load and its checks run in one process. The large ledger was filled through its port just before, in
ever the same way: its tables have no bloat but what that made, and nothing was vacuumed on purpose. A checkpoint that is
begun on purpose is begun in the middle of each run.`

export const endToEndNotes = `The load comes from this process and runs beside the bank on the same cores; its CPU is a column of its own. The empty
call of REST is \`GET /healthz\`, that of gRPC \`grpc.health.v1.Health/Check\`: they pass the same server and no rule of the
bank. Reads through the port are of a ledger of their own in this process; \`select 1\` goes through the same driver with
as many connections as the ledger reads with. Every answer is checked. Transfers of batches and streams are counted one by
one, and a latency is that of a whole batch or message, whose transfers were encoded once: only keys change. Of the items
that are posted each by itself 2 % are rejected, and of all such requests 2 % are sent again.

Not measured here: TLS; a network; the logins of many callers.`

export const authNotes = `The first check of a token verifies an ES256 signature and reads header and claims; \`jose.jwtVerify\` does so with the key
in its hand and leaves the claims as they are. 24,000 tokens take turns, more than are remembered. A known token is one of
1,000. The decision is \`accounts.read\` by the account's owner: whether the operation is open to the caller at all, and
whether this account is. One at a time, each from the token's text to the answer. Every answer was right, or the run ended.
A login is the check of a right password by Argon2id, 19,456 KiB and two passes.

Not measured here: DPoP proofs, which are verified each by itself; stores, which are in memory; the rest of a login.`
