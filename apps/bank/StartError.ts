import type { Effect } from "effect"
import type { bank } from "./Bank.ts"

type StartError = Effect.Error<typeof bank>

/** One line that says what stopped the start and what to do about it. */
export const startErrorLine = (error: StartError): string => {
  switch (error._tag) {
    case "MigrationUnknown":
      return `The database was used by a newer version of the bank (it has migration ${error.name}): start that version.`
    case "MigrationEdited":
      return `Migration ${error.name} is not what was run on this database: restore the file and correct it by a new one.`
    case "MigrationOutOfOrder":
      return `Migration ${error.name} comes after ${error.after}, which was run already: give it the next number.`
    case "MigrationFailed":
      return `The database cannot be reached or brought to this version (${error.name}: ${error.reason}).`
    case "AccountStoreUnavailable":
    case "LedgerUnavailable":
    case "UserStoreUnavailable":
    case "KeysUnavailable":
      return `The database or its keys cannot be used (${error.reason}).`
    default:
      return error.message === "" ? `The demo data cannot be made (${error._tag}).` : error.message
  }
}
