import { dirname, join } from "node:path"

/** The project's folder. */
export const root = dirname(dirname(import.meta.dirname))

/** The path of a tool that is installed with the project. */
export const tool = (name: string): string => join(root, "node_modules", ".bin", name)

/** The Node that started the command, or the one on the path; it runs the domain's tests. */
export const node = process.env.BANK_NODE ?? Bun.which("node") ?? "node"

/** What a finished command leaves: its exit code and all it printed, standard output and error as they came. */
export interface Finished {
  readonly code: number
  readonly output: string
}

const running = new Set<Bun.Subprocess>()

// A stop reaches every command that runs here and then this process, so that services started for tests are stopped.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, async () => {
    for (const child of running) child.kill(signal)
    await Promise.all([...running].map((child) => child.exited))
    process.exit(130)
  })
}

const collect = async (stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> => {
  const decoder = new TextDecoder()
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }))
}

/** Runs a command from the project's folder without standard input. `echo` shows its output while it runs. */
export const run = async (
  command: ReadonlyArray<string>,
  options: { readonly echo?: boolean; readonly env?: Readonly<Record<string, string>> } = {}
): Promise<Finished> => {
  const child = Bun.spawn([...command], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH ?? ""}`,
      ...options.env
    }
  })
  running.add(child)
  let output = ""
  const take = (text: string): void => {
    output += text
    if (options.echo === true) process.stdout.write(text)
  }
  await Promise.all([collect(child.stdout, take), collect(child.stderr, take)])
  const code = await child.exited
  running.delete(child)
  return { code, output }
}
