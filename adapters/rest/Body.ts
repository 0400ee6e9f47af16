/** Reading a request's body: bounded while it is read, UTF-8, JSON. */
import { Effect, Result } from "effect"
import { EdgeError } from "./EdgeError.ts"
import { fieldOf } from "./Fields.ts"
import { type Json, parseJson } from "./Json.ts"

/** Bytes of a request body, where its endpoint names no other bound. */
const bodyBytesMax = 1024 * 1024

const jsonType = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/iu

const tooLarge = (bytesMax: number): EdgeError =>
  new EdgeError("body_too_large", {
    errors: [{ field: "body", message: `Expected at most ${bytesMax} bytes` }],
    headers: { Connection: "close" }
  })

// Counts while it reads and stops at the first byte too many, so a chunked body of any size costs no more than its bound.
const readBounded = async (request: Request, bytesMax: number): Promise<Uint8Array | undefined> => {
  const declared = request.headers.get("content-length")
  if (declared !== null && Number(declared) > bytesMax) return undefined
  // A stream costs more than the body of most requests: where the server has counted the bytes, none is made.
  if (declared !== null && !request.headers.has("transfer-encoding")) {
    const whole = new Uint8Array(await request.arrayBuffer())
    return whole.byteLength > bytesMax ? undefined : whole
  }
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const chunks: Array<Uint8Array> = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.byteLength
    if (length > bytesMax) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

const unsupported = (field: string, message: string): EdgeError =>
  new EdgeError("unsupported_media_type", {
    errors: [{ field, message }],
    headers: { Accept: "application/json" }
  })

const decodeText = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The JSON value of the body; an empty body is an empty object, so that a POST that needs no field needs no body.
 * Errors, first wins: body_too_large, unsupported_media_type, malformed_json.
 */
export const readJson = Effect.fnUntraced(function* (request: Request, bytesMax = bodyBytesMax) {
  // A client that breaks off its body is gone; what it is told does not matter, but it is no bug of ours.
  const bytes = yield* Effect.tryPromise({
    try: () => readBounded(request, bytesMax),
    catch: () => new EdgeError("malformed_json", { errors: [{ field: "body", message: "Expected the whole body" }] })
  })
  if (bytes === undefined) return yield* Effect.fail(tooLarge(bytesMax))
  if (bytes.byteLength === 0) return {} satisfies Json
  const encoding = request.headers.get("content-encoding")
  if (encoding !== null && encoding.toLowerCase() !== "identity")
    return yield* Effect.fail(unsupported("Content-Encoding", "Expected an uncompressed body"))
  if (!jsonType.test(request.headers.get("content-type") ?? ""))
    return yield* Effect.fail(unsupported("Content-Type", "Expected application/json, in UTF-8"))
  const text = decodeText(bytes)
  if (text === undefined)
    return yield* Effect.fail(
      new EdgeError("malformed_json", { errors: [{ field: "body", message: "Expected valid UTF-8" }] })
    )
  const parsed = parseJson(text)
  if (Result.isSuccess(parsed)) return parsed.success
  const { message, line, column, path } = parsed.failure
  const detail = `${message} at line ${line}, column ${column}.`
  return yield* Effect.fail(
    new EdgeError("malformed_json", { detail, errors: [{ field: fieldOf(path), message: detail }] })
  )
})
