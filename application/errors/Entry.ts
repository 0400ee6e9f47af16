/**
 * What a caller can do about an error; each edge maps a kind to its own code. `invalid`: mend the request. `conflict`:
 * the thing is in another state. `stale`: read again. `unprocessable`: well-formed and refused. `exhausted`: slow down.
 * `unavailable`: send the same again.
 */
export type Kind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "already_exists"
  | "conflict"
  | "stale"
  | "unprocessable"
  | "exhausted"
  | "unavailable"

export interface Entry<E> {
  readonly code: string
  readonly kind: Kind
  readonly title: string
  /** One sentence for the person who reads it, with the figures. */
  readonly detail: (error: E) => string
  /** The field of the request at fault, where it is one. */
  readonly field?: string
}

/** An entry of these parts. */
export const entry = <E>(
  code: string,
  kind: Kind,
  title: string,
  detail: (error: E) => string,
  field?: string
): Entry<E> => ({
  code,
  kind,
  title,
  detail,
  ...(field === undefined ? {} : { field })
})
