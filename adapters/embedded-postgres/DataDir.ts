import { createHash } from "node:crypto"
import { access, chmod, constants, mkdir, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { Effect } from "effect"
import { type Account, run } from "./Command.ts"
import { DataDirNotWritable, DataDirUnreachable } from "./errors.ts"
import { isRoot } from "./ServerAccount.ts"

/** Where root keeps what an unprivileged user must be able to reach. */
export const systemDir = "/var/lib/gophers-bank"

/**
 * The data directory of the bank in `projectDir`: inside the project for an ordinary user; for root, whose projects
 * often lie under a private home that PostgreSQL's user cannot enter, one per project path under /var/lib.
 */
export const defaultDataDir = (projectDir: string): string => {
  const project = resolve(projectDir)
  if (!isRoot()) return join(project, ".data", "postgres")
  return join(systemDir, createHash("sha256").update(project).digest("hex").slice(0, 16))
}

/** What lies in a data directory. */
export interface Layout {
  readonly dataDir: string
  /** PostgreSQL's own directory (PGDATA). */
  readonly cluster: string
  /** A cluster that initdb has not finished; it becomes `cluster` by a rename. */
  readonly draft: string
  /** The superuser's password, one line, mode 600. */
  readonly password: string
  /** The TCP port of the last start, so that the next has the same. */
  readonly port: string
  /** What PostgreSQL writes to its standard error. */
  readonly log: string
}

export const layout = (dir: string): Layout => {
  const dataDir = resolve(dir)
  return {
    dataDir,
    cluster: join(dataDir, "cluster"),
    draft: join(dataDir, "cluster.draft"),
    password: join(dataDir, "password"),
    port: join(dataDir, "port"),
    log: join(dataDir, "postgres.log")
  }
}

/** What a failed system call says. */
export const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Makes a directory and its parents. What it makes has `mode` (parents 755) whatever the umask; what exists stays. */
export const makeDirectory = async (path: string, mode: number): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode })
  if (first === undefined) return
  await chmod(path, mode)
  for (let parent = dirname(path); parent.length >= first.length; parent = dirname(parent)) await chmod(parent, 0o755)
}

const all = constants.R_OK | constants.W_OK | constants.X_OK

/** Makes the data directory if need be and proves that this process can write it and `account` can enter it. */
export const prepare = (
  { dataDir, cluster }: Layout,
  account: Account | undefined
): Effect.Effect<void, DataDirNotWritable | DataDirUnreachable> =>
  Effect.gen(function* () {
    yield* Effect.tryPromise({
      try: async () => {
        // PostgreSQL's user needs to pass through, not to list.
        await makeDirectory(dataDir, account ? 0o711 : 0o700)
        if (!(await stat(dataDir)).isDirectory()) throw new Error("it is not a directory")
        // Root may do all that the file system allows; the bank's lock will show a read-only one.
        if (account) return
        await access(dataDir, all)
        await access(cluster, all).catch((cause) => {
          if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause
        })
      },
      catch: (cause) => new DataDirNotWritable({ dataDir, detail: reason(cause) })
    })
    if (account === undefined) return
    const entered = yield* run("/bin/sh", ["-c", 'cd -- "$1"', "sh", dataDir], account)
    if (entered.code !== 0) return yield* new DataDirUnreachable({ dataDir, account: account.name })
  })
