import { Schema } from "effect"

/**
 * What a caller is to the bank. `customer`: owns accounts. `teller`: serves the customers of a branch. `loan_officer`:
 * decides on the loans of a branch. `auditor`: sees everything and changes nothing. `operator`: runs the bank's books.
 * `administrator`: runs its users, and moves no money. `service`: a program, bounded by its scopes.
 */
export const Role = Schema.Literals([
  "customer",
  "teller",
  "loan_officer",
  "auditor",
  "operator",
  "administrator",
  "service"
])
export type Role = typeof Role.Type

/** Every role. */
export const roles: ReadonlyArray<Role> = Role.literals
