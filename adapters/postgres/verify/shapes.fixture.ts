/**
 * Edits after which the columns of a row say what no row of its kind may say of each other: the database checks none of it. Each
 * is a table, what is set there, and in which rows.
 */
export const shapes = {
  "a transaction of two with the lists of one of more": [
    "transaction",
    "accounts = array[account_1, account_2], sequences = array[sequence_1, sequence_2]",
    "account_1 is not null"
  ],
  "a transaction of more with the columns of one of two": [
    "transaction",
    "account_1 = accounts[1], account_2 = accounts[2], sequence_1 = 1, sequence_2 = 1, balance_1 = 1, balance_2 = 1, amount = 1, side = 'debit', currency = 'USD'",
    "accounts is not null"
  ],
  "a transaction of two that lacks an account": ["transaction", "account_2 = null", "account_1 is not null"],
  "a transaction of two that lacks a balance": ["transaction", "balance_1 = null", "account_1 is not null"],
  "a transaction of more that lacks its lists": [
    "transaction",
    "accounts = null, sequences = null",
    "accounts is not null"
  ],
  "lists of different lengths": ["transaction", "sequences = sequences[1:2]", "accounts is not null"],
  "a key without its fingerprint": ["transaction", "fingerprint = null", "key is not null"],
  "leaves cut short": ["batch", "leaves = substring(leaves for length(leaves) - 1)", "transactions > 0"],
  "a root cut short": ["batch", "root = substring(root for 31)", "transactions > 0"],
  "a hash cut short": ["batch", "hash = substring(hash for 31)", "true"],
  "a number of transactions below zero": ["batch", "transactions = -1", "transactions > 0"]
} as const
