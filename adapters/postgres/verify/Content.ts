/** Reads the content of a batch as the journal's documentation lays it out, sharing no code with what wrote it. */

/** An answer that is a transaction and nothing more, or 0 where the transaction is no such answer. */
export type Plain = { readonly key: string; readonly fingerprint: string } | undefined

/** A row, by its key, with the digest of what was written. */
export interface Digested {
  readonly id: string
  readonly digest: string
}

export interface Content {
  /** One for each transaction. */
  readonly plain: ReadonlyArray<Plain>
  readonly told: ReadonlyArray<Digested & { readonly fingerprint: string }>
  readonly accounts: ReadonlyArray<Digested & { readonly version: number }>
  readonly holds: ReadonlyArray<Digested>
}

/** The records of a content, or undefined where it is none. All bytes come as hexadecimal digits. */
export const contentOf = (bytes: Uint8Array): Content | undefined => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const hex = (length: number): string => {
    at += length
    return view.toString("hex", at - length, at)
  }
  const plain: Array<Plain> = []
  const told: Array<Content["told"][number]> = []
  const accounts: Array<Content["accounts"][number]> = []
  const holds: Array<Digested> = []
  const sizes = [0, 32, 64, 56, 48]
  while (at < view.length) {
    const kind = view[at++] ?? 0
    const size = sizes[kind]
    if (size === undefined || at + size > view.length) return undefined
    if (kind === 0) plain.push(undefined)
    else if (kind === 1) plain.push({ key: hex(16), fingerprint: hex(16) })
    else if (kind === 2) told.push({ id: hex(16), fingerprint: hex(16), digest: hex(32) })
    else if (kind === 3) {
      const id = hex(16)
      const version = Number(view.readBigInt64BE(at))
      at += 8
      accounts.push({ id, version, digest: hex(32) })
    } else holds.push({ id: hex(16), digest: hex(32) })
  }
  return { plain, told, accounts, holds }
}
