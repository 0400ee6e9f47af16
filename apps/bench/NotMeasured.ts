import { duplicatesPercent, rejectionsPercent } from "./Mix.ts"

/** What the figures do and do not say; printed with them. */
export const notMeasured = `Counted: transfers that were committed and acknowledged. Of the ledger's requests ${duplicatesPercent} % are retries and ${rejectionsPercent} % are
rejected; both are answered, and checked, and neither is counted. The other contenders' transfers are all new.
Latencies are those of the counted transfers, measured where they are sent; the time ends with the last answer.
The ledger's load and its checks run in the ledger's own process and take CPU from it.
pgbench's transaction is not a transfer: three updates, a select and an insert. Its 5,000,000 accounts are 750 MB, so that
nearly each transaction writes a whole page to the WAL; the naive transfer has as many accounts as the ledger.

Not measured: the REST and RPC edges (the ledger's port is called in this process); a network between bank and
PostgreSQL; an open loop, in which requests arrive whether or not others were answered; more accounts than fit in memory;
tables larger than the run makes them; holds, reversals, transactions of more than two legs, metadata; an outbox; reads
beside the writes; replicas; CPU of either side; long runs with their own checkpoints and vacuums.
WAL is the whole server's, so what other databases wrote meanwhile is in it.`
