import { type ChildProcess, spawn } from "node:child_process"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import postgres from "postgres"
import { type Options, type Running, type StartError, start } from "./index.ts"

/** Makes a fresh directory whose name has a space and letters beyond ASCII. */
export const makeTemporaryDir = async (): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), "bänk ü "))
  // mkdtemp makes a private directory, which PostgreSQL's user could not enter when the tests run as root.
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Runs `body` in a fresh directory and removes it. */
export const inTemporaryDir = async <A>(body: (dir: string) => Promise<A>): Promise<A> => {
  const dir = await makeTemporaryDir()
  try {
    return await body(dir.path)
  } finally {
    await dir.remove()
  }
}

/** Starts a server for the time that `body` takes. */
export const withServer = <A>(options: Options, body: (running: Running) => Promise<A>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(start(options), (running) => Effect.promise(() => body(running)))))

/** The error with which a start fails; fails itself when the start succeeds. */
export const failureOf = (options: Options): Promise<StartError> =>
  Effect.runPromise(Effect.flip(Effect.scoped(Effect.andThen(start(options), Effect.void))))

/** Runs an effect that needs a scope, to its value. */
export const runScoped = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** Opens one connection for the time that `body` takes. */
export const withConnection = async <A>(url: string, body: (sql: postgres.Sql) => Promise<A>): Promise<A> => {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })
  try {
    return await body(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** A bank in a process of its own. */
export interface Bank {
  readonly process: ChildProcess
  readonly running: Running
  /** Resolves when the process has ended, with its exit code or signal. */
  readonly ended: Promise<number | string>
}

/** How to run a bank in a process of its own; the runtime is that of the tests unless another is given. */
export interface Command {
  readonly runtime?: string
  readonly program?: string
  readonly uid?: number
  readonly gid?: number
  readonly env?: Readonly<Record<string, string>>
}

const program = fileURLToPath(new URL("./bank.fixture.ts", import.meta.url))
const runtimeArgs = "Deno" in globalThis ? ["run", "-A"] : "Bun" in globalThis ? [] : process.execArgv

/** Starts a bank in a process of its own and waits until its PostgreSQL is ready. */
export const startBank = async (options: Options, command: Command = {}): Promise<Bank> => {
  const child = spawn(
    command.runtime ?? process.execPath,
    [...runtimeArgs, command.program ?? program, JSON.stringify(options)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // Where the runtime finds its own extensions, and a plain user may enter.
      cwd: dirname(command.program ?? program),
      env: { ...process.env, ...command.env },
      ...(command.uid !== undefined && { uid: command.uid }),
      ...(command.gid !== undefined && { gid: command.gid })
    }
  )
  const ended = new Promise<number | string>((resolve) => {
    child.on("exit", (code, signal) => resolve(code ?? signal ?? "unknown"))
  })
  const errors: Array<string> = []
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve)
    child.on("close", (code) => reject(new Error(`the bank ended with ${code}: ${errors.join("")}`)))
    child.on("error", reject)
  })
  const running: Running = JSON.parse(line)
  return { process: child, running, ended }
}

/** Asks a bank to stop and gives its exit code. */
export const stopBank = (bank: Bank): Promise<number | string> => {
  // Deno reports a child that it signalled itself as ended by the signal, also when it ended in order.
  if (bank.process.pid !== undefined) process.kill(bank.process.pid, "SIGTERM")
  return bank.ended
}

/** Kills a process that cannot refuse and waits until it is gone. */
export const killHard = async (bank: Bank): Promise<void> => {
  bank.process.kill("SIGKILL")
  await bank.ended
}

/** Waits until `condition` holds, at most ten seconds. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let poll = 0; poll < 500; poll++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error("what was waited for did not happen within ten seconds")
}

/** True when the process exists and is not a zombie. */
export const isAlive = async (pid: number): Promise<boolean> => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
  return !/\) [ZX] /u.test(stat)
}
