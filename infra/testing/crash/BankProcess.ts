import { type ChildProcess, spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { layout } from "../../../adapters/embedded-postgres/index.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** How long a start may take, recovery of PostgreSQL included. */
const startMsMax = 60_000

/** A port that nothing uses now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))
      )
    })
  })

/** A bank as its users run it: a process of its own on a data directory. */
export interface BankProcess {
  readonly restUrl: string
  readonly rpcUrl: string
  readonly token: string
  readonly pid: number | undefined
  /** Ends the bank as a power cut would: no handler of its own runs. */
  readonly killBank: () => Promise<void>
  /** The same for PostgreSQL and its children, whoever runs them. */
  readonly killPostgres: () => Promise<void>
  /** Ends it as an operator would, and answers its exit code. */
  readonly stop: () => Promise<number | null>
  readonly output: () => string
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("exit", (code) => resolve(code)))

const ready = async (restUrl: string, child: ChildProcess, output: () => string): Promise<void> => {
  const deadline = Date.now() + startMsMax
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the bank ended with ${child.exitCode ?? child.signalCode}:\n${output()}`)
    const answer = await fetch(`${restUrl}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await Bun.sleep(50)
  }
  throw new Error(`the bank was not ready after ${startMsMax} ms:\n${output()}`)
}

/**
 * Starts the bank on a data directory and waits until it is ready. `env` adds to its settings; `observe` is given all that
 * the bank writes.
 */
export const startBank = async (
  dataDir: string,
  ports: { readonly rest: number; readonly rpc: number },
  env: Readonly<Record<string, string>> = {},
  observe: (chunk: Buffer) => void = () => {}
): Promise<BankProcess> => {
  const token = "crash-test-token-0123456789"
  const { DATABASE_URL: _, ...inherited } = process.env
  const child = spawn(process.execPath, ["apps/bank/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...inherited,
      BANK_DATA_DIR: dataDir,
      BANK_TOKEN: token,
      BANK_DEMO: "false",
      BANK_REST_PORT: String(ports.rest),
      BANK_RPC_PORT: String(ports.rpc),
      BANK_AUTH_PORT: "0",
      BANK_REQUESTS_PER_SECOND: "1000000",
      ...env
    }
  })
  let text = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      observe(chunk)
      text = (text + chunk.toString()).slice(-20_000)
    })
  // A script that fails leaves its data to look at, and no bank behind.
  process.once("exit", () => child.kill("SIGKILL"))
  const output = () => text
  const restUrl = `http://127.0.0.1:${ports.rest}`
  await ready(restUrl, child, output)
  return {
    restUrl,
    rpcUrl: `http://127.0.0.1:${ports.rpc}`,
    token,
    pid: child.pid,
    output,
    killBank: async () => {
      child.kill("SIGKILL")
      await ended(child)
    },
    killPostgres: async () => {
      const [pid] = (await readFile(`${layout(dataDir).cluster}/postmaster.pid`, "utf8")).split("\n")
      process.kill(Number(pid), "SIGKILL")
    },
    stop: async () => {
      child.kill("SIGTERM")
      return ended(child)
    }
  }
}
