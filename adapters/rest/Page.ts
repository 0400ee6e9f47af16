/** Pages of a list. */
import { Schema } from "effect"
import { cursorOf } from "./Cursor.ts"

/** A page of items; `nextCursor` asks for the next one and is null on the last. */
export const pageOf = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })

/** Makes a page of what a listing use case answers. */
export const page =
  (list: string) =>
  <T>(answer: {
    readonly items: ReadonlyArray<T>
    readonly next?: string | number
  }): { readonly items: ReadonlyArray<T>; readonly nextCursor: string | null } => ({
    items: answer.items,
    nextCursor: answer.next === undefined ? null : cursorOf(list, answer.next)
  })
