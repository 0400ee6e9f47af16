/**
 * A strict reader of JSON (RFC 8259). `JSON.parse` keeps the last of two equal keys, so that a proxy and the bank could
 * read different amounts from one request; and it says nothing of where a text breaks. This reader refuses repeated
 * keys, `__proto__`, lone surrogates, a byte order mark and deep nesting, and says where.
 */
import { Result } from "effect"

/** Objects and arrays may be nested this deep, the outermost counted; commands need four. */
export const depthMax = 32

/** Where and why a text is no JSON that is taken. `path` leads to the value at fault; line and column count from 1. */
export interface JsonFault {
  readonly message: string
  readonly path: ReadonlyArray<string | number>
  readonly line: number
  readonly column: number
}

/** A value as JSON has it. */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

class Fault extends Error {
  readonly at: number
  readonly path: ReadonlyArray<string | number>
  constructor(message: string, at: number, path: ReadonlyArray<string | number>) {
    super(message)
    this.at = at
    this.path = path
  }
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literals: ReadonlyArray<readonly [string, boolean | null]> = [
  ["true", true],
  ["false", false],
  ["null", null]
]

// With the u flag a pair is one character, so only a half without its other half matches.
const loneSurrogate = /\p{Cs}/u

// The runtime's own reader knows the escapes, and is given nothing but one string.
const unescaped = (raw: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(raw)
    return typeof value === "string" ? value : undefined
  } catch {
    return undefined
  }
}

class Reader {
  readonly text: string
  readonly path: Array<string | number> = []
  at = 0

  constructor(text: string) {
    this.text = text
  }

  fail(message: string, at = this.at): never {
    throw new Fault(message, at, [...this.path])
  }

  skipSpace(): void {
    for (let code = this.text.charCodeAt(this.at); ; code = this.text.charCodeAt(++this.at))
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
  }

  /** The next character that is no space, taken if it is `wanted`. */
  take(wanted: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== wanted) return false
    this.at++
    return true
  }

  whole(): Json {
    if (this.text.startsWith("\ufeff")) this.fail("Expected JSON without a byte order mark")
    const value = this.value()
    this.skipSpace()
    if (this.at < this.text.length) this.fail("Expected nothing after the JSON value")
    return value
  }

  value(): Json {
    this.skipSpace()
    const first = this.text[this.at]
    if (first === undefined) this.fail("Expected a JSON value, found the end")
    if (first === '"') return this.string()
    if (first === "{" || first === "[") {
      if (this.path.length >= depthMax) this.fail(`Expected at most ${depthMax} levels of nesting`)
      this.at++
      return first === "{" ? this.object() : this.array()
    }
    for (const [word, value] of literals)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length
        return value
      }
    return this.number()
  }

  number(): number {
    numberPattern.lastIndex = this.at
    const match = numberPattern.exec(this.text)
    if (match === null) this.fail("Expected a JSON value")
    this.at += match[0].length
    return Number(match[0])
  }

  string(): string {
    const start = this.at
    let isEscaped = false
    for (this.at++; ; this.at++) {
      const code = this.text.charCodeAt(this.at)
      if (code === 0x22) break
      if (Number.isNaN(code)) this.fail("Expected a closing quote, found the end")
      if (code < 0x20) this.fail("Expected control characters to be escaped")
      if (code === 0x5c) {
        isEscaped = true
        this.at++
      }
    }
    const raw = this.text.slice(start, ++this.at)
    const value = isEscaped ? unescaped(raw) : raw.slice(1, -1)
    if (value === undefined) this.fail("Expected an escape that JSON has", start)
    if (loneSurrogate.test(value)) this.fail("Expected text without lone surrogates", start)
    return value
  }

  object(): JsonObject {
    const object: Record<string, Json> = {}
    if (this.take("}")) return object
    for (;;) {
      this.skipSpace()
      if (this.text[this.at] !== '"') this.fail("Expected a key in double quotes")
      const start = this.at
      const key = this.string()
      this.path.push(key)
      if (key === "__proto__") this.fail("Expected another key than __proto__", start)
      if (Object.hasOwn(object, key)) this.fail("Expected each key once", start)
      if (!this.take(":")) this.fail("Expected a colon after the key")
      object[key] = this.value()
      const hasMore = this.take(",")
      if (!hasMore && !this.take("}")) this.fail("Expected a comma or a closing brace")
      this.path.pop()
      if (!hasMore) return object
    }
  }

  array(): ReadonlyArray<Json> {
    const array: Array<Json> = []
    if (this.take("]")) return array
    for (;;) {
      this.path.push(array.length)
      array.push(this.value())
      const hasMore = this.take(",")
      if (!hasMore && !this.take("]")) this.fail("Expected a comma or a closing bracket")
      this.path.pop()
      if (!hasMore) return array
    }
  }
}

/** The value of a JSON text, or where it breaks. */
export const parseJson = (text: string): Result.Result<Json, JsonFault> => {
  try {
    return Result.succeed(new Reader(text).whole())
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const before = text.slice(0, error.at)
    const lineStart = before.lastIndexOf("\n") + 1
    const line = before.split("\n").length
    return Result.fail({ message: error.message, path: error.path, line, column: error.at - lineStart + 1 })
  }
}
