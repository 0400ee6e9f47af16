/** Items of a page where the request names no `limit`. */
export const limitDefault = 50

/** Accounts that one GetAccounts of the ledger asks for at most. */
export const idsMax = 1000
