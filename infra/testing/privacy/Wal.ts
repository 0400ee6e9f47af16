/** PostgreSQL's log of writes without the heads of its pages, which part what is longer than the rest of a page. */

/** Bytes of a page, of its head, and of the head of a segment's first page (src/include/access/xlog_internal.h). */
const pageBytes = 8192
const headBytes = 24
const longHeadBytes = 40

/** Bit of `xlp_info`, the second field of a head, that tells a long one. */
const longHead = 0x0002

/** The records of a segment as they follow each other; `before` is the end of the segment before. */
export const recordsOf = (segment: Buffer, before: Uint8Array): Buffer => {
  const parts: Array<Uint8Array> = [before]
  for (let at = 0; at + pageBytes <= segment.length; at += pageBytes) {
    const page = segment.subarray(at, at + pageBytes)
    const isLong = (page.readUInt16LE(2) & longHead) !== 0
    parts.push(page.subarray(isLong ? longHeadBytes : headBytes))
  }
  return Buffer.concat(parts)
}

/** Bytes of a segment that the next one is read behind: more than any value has. */
export const tailBytes = 16_384
