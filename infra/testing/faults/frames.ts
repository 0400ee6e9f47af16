/**
 * Messages of PostgreSQL's protocol, version 3 (PostgreSQL manual, chapter "Frontend/Backend Protocol"): a letter, then
 * the length of what follows, itself included, in four bytes. A client's first message has no letter.
 */

/** One whole message, its letter `*` where it has none. */
export interface Message {
  readonly letter: string
  readonly bytes: Buffer
}

/** Cuts a stream of bytes into messages; bytes of a message that is not whole wait for the rest. */
export const splitter = (isFirstBare: boolean): ((bytes: Buffer) => ReadonlyArray<Message>) => {
  let rest: Buffer = Buffer.alloc(0)
  let isBare = isFirstBare
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const messages: Array<Message> = []
    for (;;) {
      const at = isBare ? 0 : 1
      if (rest.length < at + 4) return messages
      const end = at + rest.readUInt32BE(at)
      if (rest.length < end) return messages
      messages.push({ letter: isBare ? "*" : String.fromCharCode(rest[0] ?? 0), bytes: rest.subarray(0, end) })
      rest = rest.subarray(end)
      isBare = false
    }
  }
}

/** Two texts that end in a zero byte: the statement's name and its text of a Parse, the portal and the name of a Bind. */
export const twoTexts = ({ bytes }: Message): readonly [string, string] => {
  const first = bytes.indexOf(0, 5)
  const second = bytes.indexOf(0, first + 1)
  return [bytes.toString("utf8", 5, first), bytes.toString("utf8", first + 1, second)]
}

/** The text of a Query: statements that are sent at once and run as one transaction. */
export const scriptOf = ({ bytes }: Message): string => bytes.toString("utf8", 5, bytes.length - 1)

/** How many copies a script takes the data of, which follows it; what stands in quotes is no statement. */
export const copiesOf = (message: Message): number => {
  const statements = scriptOf(message).replaceAll(/'[^']*'/gu, "")
  return [...statements.matchAll(/\bfrom stdin\b/giu)].length
}
