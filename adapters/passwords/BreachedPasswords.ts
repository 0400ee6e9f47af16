/**
 * Passwords that were seen in breaches: a list of some fifty thousand that is always there, and a file of any size in the form
 * that Have I Been Pwned gives out, `SHA-1:count` lines in the order of the digests, which is searched and never read whole.
 */
import { createHash } from "node:crypto"
import { type FileHandle, open } from "node:fs/promises"
import { dictionary } from "@zxcvbn-ts/language-common"
import { Effect, Layer, Schema } from "effect"
import { BreachedPasswords } from "../../application/ports/Crypto.ts"

/** The file of breached passwords cannot be used; the reason says why. */
export class BreachedPasswordsUnusable extends Schema.TaggedError<BreachedPasswordsUnusable>()(
  "BreachedPasswordsUnusable",
  { file: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `${this.file}: ${this.reason}`
  }
}

/** Bytes that hold at least one whole line, which has about 45, wherever they begin. */
const windowBytes = 256

const read = async (file: FileHandle, at: number, length: number): Promise<string> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
  return buffer.toString("latin1", 0, bytesRead)
}

/** The digest of the first line that begins after a place; undefined after the last. */
const digestAfter = async (file: FileHandle, at: number): Promise<string | undefined> =>
  /\n([0-9A-Fa-f]{40})/u.exec(await read(file, at, windowBytes))?.[1]?.toUpperCase()

/** Opens a file that begins as one of digests does: one of another kind would know no password, and nobody would notice. */
const openDigests = async (path: string): Promise<FileHandle> => {
  const file = await open(path, "r")
  if (/^[0-9A-Fa-f]{40}:\d+\r?(\n|$)/u.test(await read(file, 0, windowBytes))) return file
  await file.close()
  throw new Error("its first line is not SHA-1:count")
}

/** Looks a digest up by halving, at most about 40 reads in any file, and reading what is left. */
const isIn = async (file: FileHandle, digest: string): Promise<boolean> => {
  let [low, high] = [0, (await file.stat()).size]
  while (high - low > windowBytes) {
    const middle = Math.floor((low + high) / 2)
    const found = await digestAfter(file, middle)
    if (found === undefined || found >= digest) high = middle
    else low = middle
  }
  const rest = await read(file, low, high - low + windowBytes)
  return rest.split("\n").some((line) => line.slice(0, digest.length).toUpperCase() === digest)
}

/** Ways to write a password that no one takes for another one. */
const variants = (password: string): ReadonlyArray<string> => {
  const trimmed = password.trim()
  return [...new Set([password, trimmed, trimmed.toLowerCase()])]
}

/** Knows the built-in list and, where it is given, the file. */
export const layer = ({
  file
}: {
  readonly file?: string
} = {}): Layer.Layer<BreachedPasswords, BreachedPasswordsUnusable> =>
  Layer.effect(
    BreachedPasswords,
    Effect.gen(function* () {
      const known = new Set(dictionary["passwords-common"].map(String))
      const handle =
        file === undefined
          ? undefined
          : yield* Effect.acquireRelease(
              Effect.tryPromise({
                try: () => openDigests(file),
                catch: (cause) =>
                  new BreachedPasswordsUnusable({
                    file,
                    reason: cause instanceof Error ? cause.message : String(cause)
                  })
              }),
              (opened) => Effect.promise(() => opened.close())
            )
      const isListed = async (password: string): Promise<boolean> => {
        if (known.has(password)) return true
        if (handle === undefined) return false
        return isIn(handle, createHash("sha1").update(password).digest("hex").toUpperCase())
      }
      return BreachedPasswords.of({
        has: (password) =>
          Effect.promise(async () => {
            for (const variant of variants(password)) if (await isListed(variant)) return true
            return false
          })
      })
    })
  )
