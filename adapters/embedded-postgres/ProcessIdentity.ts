import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import { run } from "./Command.ts"

/**
 * A text that tells a process from a later one with the same id: when it started. Undefined when there is no such
 * process, or only its zombie. Windows tells nothing cheaply, so there every living process has the same text.
 */
export const startedAt = (pid: number): Effect.Effect<string | undefined> => {
  switch (process.platform) {
    case "linux":
      return startedAtOnLinux(pid)
    case "win32":
      return Effect.sync(() => (isSignallable(pid) ? "alive" : undefined))
    default:
      return startedAtByPs(pid)
  }
}

/** The boot's random id and field 22 of /proc/PID/stat (clock ticks since boot): proc(5). */
const startedAtOnLinux = (pid: number): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
    if (stat === undefined) return undefined
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const state = fields[0]
    const ticks = fields[19]
    if (state === "Z" || state === "X" || ticks === undefined) return undefined
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")
    return `${boot.trim()}:${ticks}`
  })

const startedAtByPs = (pid: number): Effect.Effect<string | undefined> =>
  Effect.map(run("ps", ["-o", "state=,lstart=", "-p", String(pid)]), ({ code, stdout }) => {
    const [state = "", ...started] = stdout.trim().split(/\s+/)
    return code !== 0 || state === "" || state.startsWith("Z") ? undefined : started.join(" ")
  })

/** True when a process with this id exists, also one of another user. */
export const isSignallable = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
