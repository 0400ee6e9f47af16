/** What stands in the clear by decision. The list is the whole of it. */
export const exceptions: ReadonlyArray<{ readonly what: string; readonly why: string }> = [
  {
    what: "names of accounts, descriptions, references and metadata",
    why: "texts of the ledger, which nobody may put people into"
  },
  { what: "ids of users, customers, sessions, clients and requests", why: "random; they name nobody" },
  { what: "roles, branch, status, level of identification, times", why: "what the database has to search by" },
  {
    what: "the audit log of a user who was erased",
    why: "append-only; sealed, and opened for auditors alone"
  },
  { what: "country of an address", why: "one of 249; sealed with the address all the same" }
]
