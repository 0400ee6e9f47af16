import { randomUUID } from "node:crypto"
import { link, readdir, readFile, truncate, unlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { reason } from "./DataDir.ts"
import { DataDirInUse, DataDirNotWritable } from "./errors.ts"
import { startedAt } from "./ProcessIdentity.ts"

// The lock that one bank holds on its data directory for as long as it runs.
//
// It is a file `bank.<n>.lock` with the holder's process id and start time; the highest n counts. A holder that died,
// however it died, is recognised by these two, and a process id used again by another program is not mistaken for it.
// Taking over means making number n+1, which the file system grants to one process only; numbers never go back while
// a bank could be looking (release empties the file, it does not remove it), so two banks that both find the same dead
// holder cannot both take over.

/** Bound on attempts when several banks start at the same moment; each lost attempt means that another advanced. */
const attemptsMax = 20

const lockNumber = (name: string): number => Number(/^bank\.(\d+)\.lock$/u.exec(name)?.[1] ?? 0)

const fileName = (number: number): string => `bank.${number}.lock`

const numbersIn = async (dataDir: string): Promise<ReadonlyArray<number>> =>
  (await readdir(dataDir)).map(lockNumber).filter((number) => number > 0)

/** Makes the file with its content in one step, so that nobody sees it half written. False when it exists already. */
const makeExclusively = async (dataDir: string, number: number, content: string): Promise<boolean> => {
  const draft = join(dataDir, `bank.${randomUUID()}.draft`)
  await writeFile(draft, content, { flag: "wx", mode: 0o600 })
  try {
    await link(draft, join(dataDir, fileName(number)))
    return true
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  } finally {
    await unlink(draft)
  }
}

/** The process id of the living holder of lock `number`, if there is one. An empty or torn file has no holder. */
const livingHolder = (dataDir: string, number: number): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    const content = yield* Effect.promise(() => readFile(join(dataDir, fileName(number)), "utf8").catch(() => ""))
    const [pid = "", started = ""] = content.split("\n")
    if (!/^\d+$/u.test(pid) || started === "") return undefined
    return (yield* startedAt(Number(pid))) === started ? Number(pid) : undefined
  })

const take = Effect.fn("BankLock.take")(function* (dataDir: string) {
  const io = <A>(work: () => Promise<A>) =>
    Effect.tryPromise({
      try: work,
      catch: (cause) => new DataDirNotWritable({ dataDir, detail: reason(cause) })
    })
  const content = `${process.pid}\n${yield* startedAt(process.pid)}\n`
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const highest = Math.max(0, ...(yield* io(() => numbersIn(dataDir))))
    const holder = highest === 0 ? undefined : yield* livingHolder(dataDir, highest)
    if (holder !== undefined) return yield* new DataDirInUse({ dataDir, pid: holder })
    const mine = highest + 1
    if (!(yield* io(() => makeExclusively(dataDir, mine, content)))) continue
    const numbers = yield* io(() => numbersIn(dataDir))
    if (Math.max(...numbers) === mine) {
      const older = numbers.filter((number) => number < mine)
      yield* io(() => Promise.all(older.map((number) => unlink(join(dataDir, fileName(number))).catch(() => {}))))
      return join(dataDir, fileName(mine))
    }
    yield* io(() => unlink(join(dataDir, fileName(mine))).catch(() => {}))
  }
  return yield* new DataDirNotWritable({ dataDir, detail: "too many banks start there at once" })
})

/** Holds the data directory for this process until the scope closes. Errors: DataDirInUse, DataDirNotWritable. */
export const hold = (dataDir: string): Effect.Effect<void, DataDirInUse | DataDirNotWritable, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(take(dataDir), (path) =>
      // The directory may have been removed under us; then there is nothing left to release.
      Effect.promise(() => truncate(path, 0).catch(() => {}))
    )
  )
