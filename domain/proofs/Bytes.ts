import { TypedId } from "../ids/index.ts"

/**
 * Writes canonical bytes: fields one after another, numbers big-endian. It holds a buffer that grows and is used again,
 * because a ledger writes one transaction after another and their bytes are hashed and forgotten.
 */
export class Bytes {
  private bytes = new Uint8Array(512)
  private view = new DataView(this.bytes.buffer)
  private length = 0

  /** Forgets what was written. */
  clear(): this {
    this.length = 0
    return this
  }

  /** What was written, valid until the next write or `clear`. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Makes room for `count` more bytes and moves behind them; returns where they begin. */
  private take(count: number): number {
    const start = this.length
    this.length += count
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2))
      larger.set(this.bytes)
      this.bytes = larger
      this.view = new DataView(larger.buffer)
    }
    return start
  }

  /** A number from 0 to 255, in one byte. */
  uint8(value: number): this {
    const at = this.take(1)
    this.view.setUint8(at, value)
    return this
  }

  /** A number from 0 to 2^32 − 1, in four bytes. */
  uint32(value: number): this {
    const at = this.take(4)
    this.view.setUint32(at, value)
    return this
  }

  /** A safe integer, in eight bytes of two's complement. */
  int64(value: number): this {
    const at = this.take(8)
    // The setters take the lowest 32 bits of any integer, so a negative one needs no case of its own.
    this.view.setUint32(at, Math.floor(value / 2 ** 32))
    this.view.setUint32(at + 4, value)
    return this
  }

  /** An integer from −2^127 to 2^127 − 1, in sixteen bytes of two's complement. */
  int128(value: bigint): this {
    const small = Number(value)
    if (Number.isSafeInteger(small)) {
      const at = this.take(8)
      const sign = small < 0 ? 0xffffffff : 0
      this.view.setUint32(at, sign)
      this.view.setUint32(at + 4, sign)
      return this.int64(small)
    }
    if (BigInt.asIntN(128, value) !== value) throw new RangeError(`does not fit 128 bits: ${value}`)
    const at = this.take(16)
    this.view.setBigInt64(at, value >> 64n)
    this.view.setBigInt64(at + 8, value)
    return this
  }

  /** The bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.take(bytes.length)
    this.bytes.set(bytes, at)
    return this
  }

  /** The 16 bytes of a typed id's UUID. */
  uuid(id: string): this {
    const at = this.take(TypedId.byteLength)
    TypedId.write(id, this.bytes, at)
    return this
  }

  /** ASCII characters, one byte each. */
  ascii(text: string): this {
    const at = this.take(text.length)
    for (let index = 0; index < text.length; index++) this.view.setUint8(at + index, text.charCodeAt(index))
    return this
  }

  /** The number of bytes in four bytes, then the text in UTF-8 (RFC 3629). */
  text(text: string): this {
    const start = this.take(4)
    let at = this.take(text.length * 3)
    for (let index = 0; index < text.length; index++) {
      const code = text.codePointAt(index) ?? 0
      if (code < 0x80) this.view.setUint8(at++, code)
      else {
        // A code point above 16 bits takes two of the string's units.
        if (code > 0xffff) index++
        const rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
        this.view.setUint8(at++, ((0xff00 >> (rest + 1)) & 0xff) | (code >> (6 * rest)))
        for (let shift = 6 * (rest - 1); shift >= 0; shift -= 6) this.view.setUint8(at++, 0x80 | ((code >> shift) & 63))
      }
    }
    this.length = at
    this.view.setUint32(start, at - start - 4)
    return this
  }
}
