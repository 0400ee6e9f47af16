/** CPU time of processes, as Linux counts it in /proc: in ticks of 10 ms. On other systems nothing is known of it. */
import { readdirSync, readFileSync } from "node:fs"

/** USER_HZ is 100 on every platform that Bun runs on. */
const tickMicros = 10_000

/** What Linux knows of a process (`man 5 proc_pid_stat`). */
export interface ProcessStat {
  readonly name: string
  readonly parent: number
  /** Of all its threads. */
  readonly micros: number
  /** Of its children that have ended. */
  readonly endedMicros: number
}

/** Reads the text of a stat file. The name stands in brackets and may hold any character. */
export const statOf = (text: string): ProcessStat => {
  const end = text.lastIndexOf(")")
  const fields = text.slice(end + 2).split(" ")
  const ticks = (index: number): number => Number(fields[index] ?? 0)
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    parent: ticks(1),
    micros: (ticks(11) + ticks(12)) * tickMicros,
    endedMicros: (ticks(13) + ticks(14)) * tickMicros
  }
}

/** A process that runs here; undefined where there is none, or no /proc. */
const processStat = (pid: number): ProcessStat | undefined => {
  try {
    return statOf(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return undefined
  }
}

/** CPU time of a process and of its children that have ended; undefined where that is not known. */
export const processMicros = (pid: number): number | undefined => {
  const stat = processStat(pid)
  return stat === undefined ? undefined : stat.micros + stat.endedMicros
}

/** The PostgreSQL that one of its backends belongs to; undefined where it does not run here, in sight of this process. */
export const postmasterOf = (backend: number): number | undefined => {
  const parent = processStat(backend)?.parent
  return parent !== undefined && processStat(parent)?.name === "postgres" ? parent : undefined
}

/** CPU time of a whole PostgreSQL: the postmaster, its children, and those that have ended. */
export const postgresMicros = (postmaster: number): number | undefined => {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => processStat(Number(name)))
    .filter((stat) => stat?.parent === postmaster)
  return children.reduce((sum, stat) => sum + (stat?.micros ?? 0), processMicros(postmaster) ?? 0)
}
