import { spawn } from "node:child_process"
import { Effect } from "effect"

/** The operating-system user that runs PostgreSQL when this process is root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What a finished command said. `code` is undefined when it could not be started or was killed. */
export interface Finished {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A command's output is kept up to this many characters of each stream, so a talkative one cannot fill memory. */
const outputCharactersMax = 64 * 1024

/**
 * The environment of PostgreSQL's programs: ours, without the PG* variables, which are meant for clients and would
 * redirect them, and with messages in English, because some are looked at.
 */
export const environment = (): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith("PG")) kept[name] = value
  }
  return { ...kept, LC_ALL: "C" }
}

/** Runs a program to its end, as `account` when given. Never fails: a program that cannot start has no code. */
export const run = (command: string, args: ReadonlyArray<string>, account?: Account): Effect.Effect<Finished> =>
  Effect.callback<Finished>((resume) => {
    let stdout = ""
    let stderr = ""
    const child = spawn(command, args, {
      // The current directory may be one that the account cannot enter.
      cwd: process.platform === "win32" ? process.cwd() : "/",
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      ...(account && { uid: account.uid, gid: account.gid })
    })
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout = (stdout + text).slice(-outputCharactersMax)
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-outputCharactersMax)
    })
    child.on("error", (error) => resume(Effect.succeed({ code: undefined, stdout, stderr: error.message })))
    child.on("close", (code) => resume(Effect.succeed({ code: code ?? undefined, stdout, stderr })))
    return Effect.sync(() => {
      child.kill("SIGKILL")
    })
  })

/** The last line of a program's output that says something, or a stand-in. */
export const lastLine = (finished: Finished): string =>
  `${finished.stdout}\n${finished.stderr}`.trim().split("\n").at(-1)?.trim() || "it said nothing"
