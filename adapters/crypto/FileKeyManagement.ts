/**
 * Master keys in a file, one line each, `name:hexadecimal`, the newest last: for development, and for who mounts them from a
 * secret store. The file must be its owner's alone.
 */
import { randomBytes } from "node:crypto"
import { link, mkdir, open as openFile, rm } from "node:fs/promises"
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

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code

/** Writes text where `flag` says, and returns once it lasts: a lost master key loses everything under it. */
const write = async (file: string, flag: "wx" | "a", text: string): Promise<void> => {
  const handle = await openFile(file, flag, 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === "win32") return
  const handle = await openFile(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the file if there is none; of several processes that do, one wins and the others read its. */
const make = async (file: string): Promise<void> => {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString("hex")}`
  try {
    await write(draft, "wx", newLine())
    // A link either makes the file whole or finds it there, so that no one reads half of it.
    await link(draft, file).catch((cause: unknown) => {
      if (!hasCode(cause, "EEXIST")) throw cause
    })
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(folder)
}

/** The text of the file, which must be its owner's alone. */
const textOf = async (file: string): Promise<string> => {
  const handle = await openFile(file, "r")
  try {
    const { mode } = await handle.stat()
    if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new Error("others may read it: chmod 600")
    return await handle.readFile("utf8")
  } finally {
    await handle.close()
  }
}

const keysIn = (text: string): ReadonlyArray<MasterKey> => {
  const names = new Set<string>()
  return text.split("\n").flatMap((each, index) => {
    if (each.trim() === "") return []
    const [, name, hex] = line.exec(each.trim()) ?? []
    if (name === undefined || hex === undefined) throw new Error(`line ${index + 1} is not name:64 hexadecimal digits`)
    if (names.has(name)) throw new Error(`line ${index + 1} names a key as another line does`)
    names.add(name)
    return [{ name, key: Buffer.from(hex, "hex") }]
  })
}

const read = async (file: string): Promise<ReadonlyArray<MasterKey>> => {
  const text = await textOf(file).catch(async (cause: unknown) => {
    if (!hasCode(cause, "ENOENT")) throw cause
    await make(file)
    return textOf(file)
  })
  return keysIn(text)
}

const unusable = (file: string) => (cause: unknown) =>
  new MasterKeysUnusable({ file, reason: cause instanceof Error ? cause.message : String(cause) })

const append = async (file: string): Promise<void> => {
  await read(file)
  // A file that was edited by hand may lack its last line break; an empty line is none.
  await write(file, "a", `\n${newLine()}`)
}

/** Adds a master key, by which everything is wrapped from the next start on; the ones before still unwrap. */
export const addMasterKey = (file: string): Effect.Effect<void, MasterKeysUnusable> =>
  Effect.tryPromise({ try: () => append(file), catch: unusable(file) })

/** A wrapped key names its master key: the length of the name, the name, what is sealed. */
const headOf = ({ name }: MasterKey): Uint8Array => Buffer.concat([Buffer.of(name.length), Buffer.from(name)])

const unreadable = () => new KeysUnavailable({ reason: "a data key does not open under any master key of the file" })

/**
 * Wraps under the last key of the file, which is made with one key where there is none. What another process has wrapped
 * under a key that was added since is looked for in the file as it is then.
 */
export const layer = ({ file }: { readonly file: string }): Layer.Layer<KeyManagement, MasterKeysUnusable> =>
  Layer.effect(
    KeyManagement,
    Effect.gen(function* () {
      let keys = yield* Effect.tryPromise({ try: () => read(file), catch: unusable(file) })
      const newest = keys.at(-1)
      if (newest === undefined) return yield* new MasterKeysUnusable({ file, reason: "it has no key" })
      const present = Effect.tryPromise({ try: async () => keysIn(await textOf(file)), catch: unreadable })
      return KeyManagement.of({
        keyId: newest.name,
        generate: (context) =>
          Effect.sync(() => {
            const plain = randomBytes(keyBytes)
            return { plain, wrapped: seal(newest.key, headOf(newest), context, plain) }
          }),
        wrap: (plain, context) => Effect.sync(() => seal(newest.key, headOf(newest), context, plain)),
        unwrap: Effect.fnUntraced(function* (wrapped, context) {
          const nameBytes = wrapped[0] ?? 0
          const name = Buffer.from(wrapped.subarray(1, 1 + nameBytes)).toString()
          const named = () => keys.find((each) => each.name === name)
          if (named() === undefined) keys = yield* present
          const master = named()
          if (master === undefined) return yield* Effect.fail(unreadable())
          return yield* Effect.try({ try: () => open(master.key, 1 + nameBytes, context, wrapped), catch: unreadable })
        })
      })
    })
  )
