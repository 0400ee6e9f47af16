import { randomBytes } from "node:crypto"
import { chown, mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import type { Binaries } from "./Binaries.ts"
import { type Account, lastLine, run } from "./Command.ts"
import { type Layout, reason } from "./DataDir.ts"
import { DataDirIncomplete, DataDirNotWritable, DataDirOfAnotherVersion, StartFailed } from "./errors.ts"

/** The superuser's name in every cluster. */
export const superuser = "postgres"

/** The first line of a file, or undefined when there is no such file. */
const firstLine = (path: string): Effect.Effect<string | undefined> =>
  Effect.promise(() =>
    readFile(path, "utf8").then(
      (text) => text.split("\n")[0]?.trim(),
      () => undefined
    )
  )

/** Puts a file in place at once and for good: whoever sees it, after a crash too, sees all of it. */
const writeDurably = async (path: string, text: string, account: Account | undefined): Promise<void> => {
  const draft = `${path}.draft`
  await rm(draft, { force: true })
  const file = await open(draft, "wx", 0o600)
  try {
    await file.writeFile(text)
    if (account) await file.chown(account.uid, account.gid)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

const syncDirectory = async (path: string): Promise<void> => {
  if (process.platform === "win32") return
  const directory = await open(path, "r")
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/**
 * Makes the cluster unless it is there, and gives the superuser's password. initdb works in a draft directory that a
 * rename puts in place, so a first start that is killed leaves nothing that the next one could mistake for a cluster.
 * The only way in is the password over TCP (SCRAM): sockets in the file system are off, and nothing is trusted.
 */
export const initialise = (options: {
  readonly paths: Layout
  readonly binaries: Binaries
  readonly account: Account | undefined
}): Effect.Effect<string, DataDirOfAnotherVersion | DataDirIncomplete | DataDirNotWritable | StartFailed> =>
  Effect.gen(function* () {
    const { account, binaries, paths } = options
    const { dataDir } = paths
    const io = <A>(work: () => Promise<A>) =>
      Effect.tryPromise({ try: work, catch: (cause) => new DataDirNotWritable({ dataDir, detail: reason(cause) }) })

    const foreign = yield* firstLine(join(dataDir, "PG_VERSION"))
    const found = (yield* firstLine(join(paths.cluster, "PG_VERSION"))) ?? foreign
    if (found !== undefined && found !== binaries.major) {
      return yield* new DataDirOfAnotherVersion({ dataDir, found, expected: binaries.major })
    }
    const password = yield* firstLine(paths.password)
    if (found !== undefined && foreign === undefined) {
      return password ? password : yield* new DataDirIncomplete({ dataDir, missing: "password" })
    }
    // Only an empty directory may stand where the cluster will be.
    yield* Effect.promise(() => rmdir(paths.cluster).catch(() => {}))
    if (yield* Effect.promise(() => exists(paths.cluster))) {
      return yield* new DataDirIncomplete({ dataDir, missing: "cluster/PG_VERSION" })
    }
    const chosen = password || randomBytes(24).toString("base64url")
    yield* io(async () => {
      if (!password) await writeDurably(paths.password, `${chosen}\n`, account)
      await rm(paths.draft, { recursive: true, force: true })
      await mkdir(paths.draft, { mode: 0o700 })
      if (account) await chown(paths.draft, account.uid, account.gid)
    })
    const made = yield* run(
      binaries.initdb,
      [
        `--pgdata=${paths.draft}`,
        `--username=${superuser}`,
        `--pwfile=${paths.password}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions"
      ],
      account
    )
    if (made.code !== 0) return yield* new StartFailed({ dataDir, detail: `initdb said "${lastLine(made)}"` })
    yield* io(async () => {
      await rename(paths.draft, paths.cluster)
      await syncDirectory(dataDir)
    })
    return chosen
  })

const exists = (path: string): Promise<boolean> =>
  open(path, "r").then(
    async (file) => {
      await file.close()
      return true
    },
    () => false
  )
