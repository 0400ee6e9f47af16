import type { Caller } from "../ports/Caller.ts"

/** Who a caller is, whichever app it uses: its user, or the program that it is. */
export const personOf = ({ user, id }: Caller): string => user ?? id

/** Whether two callers are one person. */
export const isSamePerson = (left: Caller, right: Caller): boolean =>
  left.id === right.id || personOf(left) === personOf(right)
