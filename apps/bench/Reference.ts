/** The reference: PostgreSQL's own pgbench with its TPC-B-like script. */
import { spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import type { Contender } from "./Contender.ts"
import { progress } from "./Report.ts"
import { sampleOf } from "./Sample.ts"
import type { Server } from "./Server.ts"
import type { Workplace } from "./Workplace.ts"

const scale = 50
const clients = 32
const threads = 2

/** The name of the contender. */
export const reference = `pgbench TPC-B-like, ${clients} clients`

/** Debian keeps the tools of each version in a folder of its own. */
const versionsDir = "/usr/lib/postgresql"

/** The pgbench of the path, or else the newest that is installed; undefined if there is none. */
const findPgbench = (): string | undefined => {
  const versions = existsSync(versionsDir) ? readdirSync(versionsDir).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...versions.map((version) => join(versionsDir, version, "bin"))
  ]
  return folders.map((folder) => join(folder, "pgbench")).find((path) => existsSync(path))
}

/** Runs pgbench to its end and answers what it printed. The password goes by the environment, which `ps` does not show. */
const pgbench = (program: string, url: string, args: ReadonlyArray<string>): Promise<string> => {
  const target = new URL(url)
  const password = decodeURIComponent(target.password)
  target.password = ""
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, target.href], { env: { ...process.env, PGPASSWORD: password } })
    let output = ""
    let errors = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.on("error", reject)
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`pgbench exited ${code}: ${errors}`))))
  })
}

const numberIn = (output: string, pattern: RegExp): number => {
  const value = Number(pattern.exec(output)?.[1])
  if (Number.isNaN(value)) throw new Error(`pgbench printed no ${pattern.source}:\n${output}`)
  return value
}

/** The third column of pgbench's log is how long the transaction took, in microseconds. */
const latenciesIn = async (folder: string): Promise<ReadonlyArray<number>> => {
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")))
  return texts
    .flatMap((text) => text.trim().split("\n"))
    .map((line) => Number(line.split(" ")[2]) / 1000)
    .filter((millis) => !Number.isNaN(millis))
}

/** Fills pgbench's tables and answers the contender. */
const contenderOf = async (program: string, url: string, server: Server, place: Workplace): Promise<Contender> => {
  const folder = await place.folder()
  await pgbench(program, url, ["--initialize", "--quiet", `--scale=${scale}`])
  return {
    name: reference,
    // What pgbench does itself before it runs; here, so that its WAL is not counted.
    prepare: async () => {
      await server.run("vacuum pgbench_branches, pgbench_tellers")
    },
    run: async (seconds) => {
      const logs = await mkdtemp(join(folder, "run-"))
      try {
        const output = await pgbench(program, url, [
          "--no-vacuum",
          "--protocol=prepared",
          `--client=${clients}`,
          `--jobs=${threads}`,
          `--time=${seconds}`,
          "--log",
          `--log-prefix=${join(logs, "log")}`
        ])
        const committed = numberIn(output, /transactions actually processed: (\d+)/u)
        if (committed === 0)
          throw new Error(`pgbench did not come to a transaction in ${seconds} s: give it more --seconds`)
        // Its own rate leaves out the time in which it connected.
        const tps = numberIn(output, /tps = ([\d.]+) \((?:without|excluding)/u)
        return sampleOf(committed, committed / tps, await latenciesIn(logs))
      } finally {
        await rm(logs, { recursive: true, force: true })
      }
    }
  }
}

/** Fills pgbench's tables; answers the contender, or none where there is no pgbench. */
export const openReference = async (
  url: string,
  server: Server,
  place: Workplace
): Promise<ReadonlyArray<Contender>> => {
  const program = findPgbench()
  if (program === undefined) {
    console.log("There is no pgbench here: nothing is compared with it.")
    return []
  }
  progress("filling pgbench's tables …")
  return [await contenderOf(program, url, server, place)]
}
