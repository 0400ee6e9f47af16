/**
 * Master keys in a file, one line each, `name:hexadecimal`, the newest last: for development, and for who mounts them from a
 * secret store. The file must be its owner's alone.
 */
import { randomBytes } from "node:crypto"
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, Layer, Schema } from "effect"
import { KeyManagement, KeysUnavailable } from "../../application/ports/Crypto.ts"
import { keyBytes, open, seal } from "./Sealing.ts"

/** The file of master keys cannot be used; the reason says what to do. */
export class MasterKeysUnusable extends Schema.TaggedError<MasterKeysUnusable>()("MasterKeysUnusable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.reason}`
  }
}

interface MasterKey {
  readonly name: string
  readonly key: Uint8Array
}

const line = /^([a-z0-9-]{1,32}):([0-9a-f]{64})$/u

const newLine = (): string => `mk-${randomBytes(6).toString("hex")}:${randomBytes(keyBytes).toString("hex")}\n`

/** Makes the file if there is none; of several processes that do, one wins and the others read its. */
const make = async (file: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString("hex")}`
  await writeFile(draft, newLine(), { mode: 0o600, flag: "wx" })
  // A link either makes the file whole or finds it there, so that no one reads half of it.
  await link(draft, file).catch((cause: unknown) => {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
  })
  await rm(draft)
}

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const read = async (file: string): Promise<ReadonlyArray<MasterKey>> => {
  const text = await readFile(file, "utf8").catch(async (cause: unknown) => {
    if (!isMissing(cause)) throw cause
    await make(file)
    return readFile(file, "utf8")
  })
  const { mode } = await stat(file)
  if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new Error("others may read it: chmod 600")
  return text
    .split("\n")
    .filter((each) => each.trim() !== "")
    .map((each, index) => {
      const [, name, hex] = line.exec(each.trim()) ?? []
      if (name === undefined || hex === undefined)
        throw new Error(`line ${index + 1} is not name:64 hexadecimal digits`)
      return { name, key: Buffer.from(hex, "hex") }
    })
}

/** Adds a master key, by which everything is wrapped from the next start on; the ones before still unwrap. */
export const addMasterKey = async (file: string): Promise<void> => {
  await read(file)
  await writeFile(file, newLine(), { flag: "a", mode: 0o600 })
}

/** A wrapped key names its master key: the length of the name, the name, what is sealed. */
const headOf = ({ name }: MasterKey): Uint8Array => Buffer.concat([Buffer.of(name.length), Buffer.from(name)])

const unreadable = () => new KeysUnavailable({ reason: "a data key does not open under any master key of the file" })

/** Wraps under the last key of the file, which is made with one key where there is none. */
export const layer = ({ file }: { readonly file: string }): Layer.Layer<KeyManagement, MasterKeysUnusable> =>
  Layer.effect(
    KeyManagement,
    Effect.gen(function* () {
      const keys = yield* Effect.tryPromise({
        try: () => read(file),
        catch: (cause) =>
          new MasterKeysUnusable({ file, reason: cause instanceof Error ? cause.message : String(cause) })
      })
      const newest = keys.at(-1)
      if (newest === undefined) return yield* new MasterKeysUnusable({ file, reason: "it has no key" })
      return KeyManagement.of({
        keyId: newest.name,
        generate: (context) =>
          Effect.sync(() => {
            const plain = randomBytes(keyBytes)
            return { plain, wrapped: seal(newest.key, headOf(newest), context, plain) }
          }),
        wrap: (plain, context) => Effect.sync(() => seal(newest.key, headOf(newest), context, plain)),
        unwrap: (wrapped, context) =>
          Effect.suspend(() => {
            const nameBytes = wrapped[0] ?? 0
            const name = Buffer.from(wrapped.subarray(1, 1 + nameBytes)).toString()
            const master = keys.find((each) => each.name === name)
            if (master === undefined) return Effect.fail(unreadable())
            return Effect.try({ try: () => open(master.key, 1 + nameBytes, context, wrapped), catch: unreadable })
          })
      })
    })
  )
