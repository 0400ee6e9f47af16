/** Reads of a batch's content what it says was changed; `Journal.ts` has the layout. */

/** Accounts and holds, by their UUIDs in hexadecimal digits. */
export interface Changed {
  readonly accounts: ReadonlyArray<string>
  readonly holds: ReadonlyArray<string>
}

/** Bytes of each kind of record after its first. */
const sizes = [0, 32, 64, 56, 48]

const idLength = 16

export const changedBy = (content: Uint8Array): Changed => {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const accounts: Array<string> = []
  const holds: Array<string> = []
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at] ?? 0
    const size = sizes[kind]
    if (size === undefined) throw new RangeError(`a batch has a record of kind ${kind}`)
    if (kind === 3) accounts.push(bytes.toString("hex", at + 1, at + 1 + idLength))
    if (kind === 4) holds.push(bytes.toString("hex", at + 1, at + 1 + idLength))
    at += 1 + size
  }
  return { accounts, holds }
}
