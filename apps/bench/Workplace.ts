/** Where a benchmark works. Whatever it leaves behind is gone once it ended, failed or was interrupted. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createDatabase } from "../../infra/testing/postgres.ts"

export interface Workplace {
  /** Makes a fresh database and answers its URL. */
  readonly database: () => Promise<string>
  /** Makes a folder. */
  readonly folder: () => Promise<string>
  /** Does this at the end, before what was put off earlier. */
  readonly putOff: (undo: () => Promise<unknown>) => void
  /** Does what was put off, all of it even where some fails, and from now on at once. Throws the first failure. */
  readonly leave: () => Promise<void>
}

const removed = { recursive: true, force: true } as const

/** A workplace where nothing is yet. */
export const makeWorkplace = (): Workplace => {
  const undos: Array<() => Promise<unknown>> = []
  let left = false
  const leave = async (): Promise<void> => {
    left = true
    const failures: Array<unknown> = []
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop())
      await undo().catch((cause: unknown) => failures.push(cause))
    if (failures.length > 0) throw failures[0]
  }
  const putOff = (undo: () => Promise<unknown>): void => {
    undos.push(undo)
    // Who is interrupted may still have been making this.
    if (left) leave().catch(() => {})
  }
  return {
    database: async () => {
      const { url, drop } = await createDatabase()
      putOff(drop)
      return url
    },
    folder: async () => {
      const path = await mkdtemp(join(tmpdir(), "bank-bench-"))
      putOff(() => rm(path, removed))
      return path
    },
    putOff,
    leave
  }
}
