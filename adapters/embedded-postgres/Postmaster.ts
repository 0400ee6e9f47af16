import { readFile, readlink, realpath, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import { run } from "./Command.ts"
import { startedAt } from "./ProcessIdentity.ts"

/** What a running server says of itself in postmaster.pid (PostgreSQL's pidfile.h gives the lines). */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** "starting", "ready" or "stopping"; empty while the file is being written. */
  readonly status: string
}

const read = (cluster: string): Effect.Effect<Postmaster | undefined> =>
  Effect.promise(async () => {
    const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => undefined)
    const lines = text?.split("\n").map((line) => line.trim())
    const pid = Number(lines?.[0])
    return lines && Number.isInteger(pid) && pid > 0
      ? { pid, port: Number(lines[3] ?? 0), status: lines[7] ?? "" }
      : undefined
  })

/**
 * True when the process is this cluster's server. A process id used again by something else is told by its working
 * directory, which for a server is its cluster, or else by its name.
 */
const serves = (pid: number, cluster: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    if ((yield* startedAt(pid)) === undefined) return false
    if (process.platform === "win32") return true
    if (process.platform !== "linux") {
      const { stdout } = yield* run("ps", ["-o", "command=", "-p", String(pid)])
      return stdout.includes("postgres")
    }
    return yield* Effect.promise(async () => {
      const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
      if (directory !== undefined) return directory === (await realpath(cluster).catch(() => cluster))
      return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "postgres"
    })
  })

/** The living server of the cluster, whoever started it. */
export const find = (cluster: string): Effect.Effect<Postmaster | undefined> =>
  Effect.gen(function* () {
    const postmaster = yield* read(cluster)
    return postmaster && (yield* serves(postmaster.pid, cluster)) ? postmaster : undefined
  })

/**
 * Makes a stale postmaster.pid harmless. PostgreSQL itself overlooks one whose process is gone, and refuses to start
 * when the id has since been given to another program of the same user, as after a reboot. The file is not removed:
 * it also names the shared memory by which PostgreSQL notices that backends of the dead server still run. Its parent's
 * id is one that PostgreSQL overlooks, so ours is put in place of the stale one. Only for the holder of the bank's lock.
 */
export const disarmStale = (cluster: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const stale = yield* read(cluster)
    if (stale === undefined || (yield* serves(stale.pid, cluster))) return
    yield* Effect.promise(async () => {
      const path = join(cluster, "postmaster.pid")
      const [, ...rest] = (await readFile(path, "utf8")).split("\n")
      await writeFile(path, [process.pid, ...rest].join("\n"))
    })
  })
