import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { open, readFile, rename, stat, writeFile } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { Effect } from "effect"
import type { Binaries } from "./Binaries.ts"
import { type Account, environment, run } from "./Command.ts"
import { type Layout, reason } from "./DataDir.ts"
import { DataDirNotWritable, PortUnavailable, StartFailed } from "./errors.ts"
import * as Postmaster from "./Postmaster.ts"
import { startedAt } from "./ProcessIdentity.ts"

/** How a server is to run; `port` undefined means the port of last time, or else one that the system chooses. */
export interface Plan {
  readonly paths: Layout
  readonly binaries: Binaries
  readonly account: Account | undefined
  readonly port: number | undefined
  /** Further PostgreSQL settings, which may not weaken those below. */
  readonly settings: Readonly<Record<string, string>>
}

/** A server that accepts connections. `adopted` tells that it was found running, left behind by a bank that died. */
export interface Server {
  readonly pid: number
  readonly port: number
  readonly adopted: boolean
}

const pollMs = 10
/** Crash recovery replays the log since the last checkpoint; with the default settings that is well under this. */
const startSecondsMax = 120
/** A fast shutdown writes a checkpoint. After this it is cut short, and the next start recovers. */
const stopSecondsMax = 30
/** Between the removal of its pid file and the end of the process a server only cleans up memory. */
const exitSecondsMax = 5
/** Rounds of finding a port or waiting for the backends of a dead server to go. */
const roundsMax = 200
const logBytesMax = 10 * 1024 * 1024

/** Settings given to the server itself, so that nothing in the cluster's files can turn them off. */
const fixedSettings = (port: number): Record<string, string> => ({
  listen_addresses: "127.0.0.1",
  port: String(port),
  // No socket in the file system: its path is limited to about 100 bytes, and the password over TCP is enough.
  unix_socket_directories: "",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on"
})

const defaultSettings: Readonly<Record<string, string>> = {
  timezone: "UTC",
  log_timezone: "UTC",
  // Statements, their parameters, and errors with their details hold customers' data, which does not belong in a log. An
  // error's message quotes what was wrong: the bank, which is told of it, logs its own failures.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_statement: "none",
  log_duration: "off",
  log_min_duration_statement: "-1",
  log_min_duration_sample: "-1",
  log_transaction_sample_rate: "0",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_checkpoints: "off"
}

/** A port of 127.0.0.1 on which something can listen now: `wanted`, or one that the system chooses when it is 0. */
const claimable = (wanted: number): Effect.Effect<number, PortUnavailable> =>
  Effect.callback<number, PortUnavailable>((resume) => {
    const probe = createServer()
    probe.on("error", (error) => resume(Effect.fail(new PortUnavailable({ port: wanted, detail: reason(error) }))))
    probe.listen({ host: "127.0.0.1", port: wanted, exclusive: true }, () => {
      const address = probe.address()
      const port = typeof address === "object" && address !== null ? address.port : wanted
      probe.close(() => resume(Effect.succeed(port)))
    })
  })

const choosePort = (plan: Plan): Effect.Effect<number, PortUnavailable> =>
  Effect.gen(function* () {
    if (plan.port !== undefined) return yield* claimable(plan.port)
    const text = yield* Effect.promise(() => readFile(plan.paths.port, "utf8").catch(() => ""))
    const last = Number(text)
    if (!Number.isInteger(last) || last <= 0 || last > 65535) return yield* claimable(0)
    return yield* Effect.catch(claimable(last), () => claimable(0))
  })

/** Opens the log for appending and tells its length; a log that has grown too long becomes postgres.log.old. */
const openLog = (paths: Layout): Effect.Effect<{ fd: number; length: number }, DataDirNotWritable> =>
  Effect.tryPromise({
    try: async () => {
      const length = await stat(paths.log).then(
        ({ size }) => size,
        () => 0
      )
      const isLong = length > logBytesMax
      if (isLong) await rename(paths.log, `${paths.log}.old`)
      return { fd: openSync(paths.log, "a", 0o600), length: isLong ? 0 : length }
    },
    catch: (cause) => new DataDirNotWritable({ dataDir: paths.dataDir, detail: reason(cause) })
  })

/** What the server wrote to its log after `from`, up to 64 KiB. */
const logSince = (paths: Layout, from: number): Effect.Effect<string> =>
  Effect.promise(async () => {
    const file = await open(paths.log, "r").catch(() => undefined)
    if (file === undefined) return ""
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, from)
      return buffer.toString("utf8", 0, bytesRead)
    } finally {
      await file.close()
    }
  })

const fatalLine = (log: string): string => {
  const lines = log.trim().split("\n")
  return lines.findLast((line) => /\b(FATAL|PANIC):/u.test(line)) ?? lines.at(-1) ?? ""
}

interface Child {
  readonly pid: number | undefined
  /** Undefined while the process runs; then its exit code, or why it could not be started. */
  readonly ended: () => string | undefined
}

/** Starts the server in a session of its own: an interrupt at the terminal is for the bank, which then stops it. */
const spawnServer = (plan: Plan, port: number, log: number): Child => {
  const settings = { ...defaultSettings, ...plan.settings, ...fixedSettings(port) }
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const child = spawn(plan.binaries.postgres, ["-D", plan.paths.cluster, ...args], {
    cwd: process.platform === "win32" ? plan.paths.dataDir : "/",
    env: environment(),
    detached: true,
    windowsHide: true,
    stdio: ["ignore", log, log],
    ...(plan.account && { uid: plan.account.uid, gid: plan.account.gid })
  })
  let ended: string | undefined
  child.on("error", (error) => {
    ended = error.message
  })
  child.on("exit", (code, signal) => {
    ended = signal ?? `exit code ${code}`
  })
  child.unref()
  return { pid: child.pid, ended: () => ended }
}

type Outcome = { readonly ready: Postmaster.Postmaster } | { readonly ended: string } | "late"

/** Waits until the server is ready or gone. */
const awaitReady = (cluster: string, ended: Effect.Effect<string | undefined>): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    for (let poll = 0; poll < (startSecondsMax * 1000) / pollMs; poll++) {
      const why = yield* ended
      if (why !== undefined) return { ended: why }
      const postmaster = yield* Postmaster.find(cluster)
      if (postmaster?.status === "ready") return { ready: postmaster }
      yield* Effect.sleep(pollMs)
    }
    return "late" as const
  })

/** Does anything take connections on this port of 127.0.0.1? */
const isListening = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = connect({ host: "127.0.0.1", port })
    const answer = (listens: boolean): void => {
      socket.destroy()
      resume(Effect.succeed(listens))
    }
    socket.once("connect", () => answer(true)).once("error", () => answer(false))
  })

/** Takes over a server that is running already; undefined when there is none (any more). */
const adopt = (plan: Plan): Effect.Effect<Server | undefined> =>
  Effect.gen(function* () {
    const { cluster } = plan.paths
    if ((yield* Postmaster.find(cluster)) === undefined) return undefined
    const gone = Effect.map(Postmaster.find(cluster), (found) => (found ? undefined : "gone"))
    const outcome = yield* awaitReady(cluster, gone)
    if (outcome === "late" || !("ready" in outcome)) return undefined
    const { pid, port } = outcome.ready
    // One that was killed a moment ago still has its process and says that it is ready.
    if (!(yield* isListening(port))) return undefined
    if (plan.port !== undefined && plan.port !== port) {
      yield* stop(plan)
      return undefined
    }
    return { pid, port, adopted: true }
  })

const spawnAndWait = (
  plan: Plan
): Effect.Effect<Server | "again", PortUnavailable | StartFailed | DataDirNotWritable> =>
  Effect.gen(function* () {
    const { paths } = plan
    const { dataDir } = paths
    yield* Postmaster.disarmStale(paths.cluster)
    const port = yield* choosePort(plan)
    const log = yield* openLog(paths)
    const child = yield* Effect.acquireUseRelease(
      Effect.succeed(log.fd),
      (fd) => Effect.sync(() => spawnServer(plan, port, fd)),
      (fd) => Effect.sync(() => closeSync(fd))
    )
    const outcome = yield* awaitReady(paths.cluster, Effect.sync(child.ended))
    if (outcome === "late") {
      yield* stop(plan)
      return yield* new StartFailed({ dataDir, detail: `it was not ready after ${startSecondsMax} s` })
    }
    if ("ready" in outcome) {
      yield* Effect.promise(() => writeFile(paths.port, `${port}\n`, { mode: 0o600 }))
      return { pid: outcome.ready.pid, port, adopted: false }
    }
    const said = yield* logSince(paths, log.length)
    // Someone else took the port between the choice and now, the backends of a killed server are still leaving, or
    // another server of this cluster was quicker: look again.
    if (/could not bind|pre-existing shared memory block|lock file "postmaster.pid" already exists/u.test(said)) {
      yield* Effect.sleep(5 * pollMs)
      return "again"
    }
    return yield* new StartFailed({ dataDir, detail: `${fatalLine(said) || outcome.ended} (see ${paths.log})` })
  })

/** Finds the cluster's server running or starts it, and waits until it is ready. Crash recovery is part of a start. */
export const launch = (plan: Plan): Effect.Effect<Server, PortUnavailable | StartFailed | DataDirNotWritable> =>
  Effect.gen(function* () {
    for (let round = 0; round < roundsMax; round++) {
      const server = (yield* adopt(plan)) ?? (yield* spawnAndWait(plan))
      if (server !== "again") return server
    }
    const detail = `what is left of an earlier server does not go away (see ${plan.paths.log})`
    return yield* new StartFailed({ dataDir: plan.paths.dataDir, detail })
  })

/** Stops the server in order: sessions are ended, a checkpoint is written. Nothing happens when it is not running. */
export const stop = (plan: Plan): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { account, binaries, paths } = plan
    const pgCtl = (mode: string, seconds: number) =>
      run(binaries.pgCtl, ["stop", "-D", paths.cluster, "-m", mode, "-w", "-t", String(seconds), "-s"], account)
    const postmaster = yield* Postmaster.find(paths.cluster)
    if (postmaster === undefined) return
    const identity = yield* startedAt(postmaster.pid)
    const stopped = yield* pgCtl("fast", stopSecondsMax)
    if (stopped.code !== 0) yield* pgCtl("immediate", stopSecondsMax)
    // pg_ctl is content when the pid file is gone, a moment before the process is.
    for (let poll = 0; poll < (exitSecondsMax * 1000) / pollMs; poll++) {
      if (identity === undefined || (yield* startedAt(postmaster.pid)) !== identity) return
      yield* Effect.sleep(pollMs)
    }
  })
