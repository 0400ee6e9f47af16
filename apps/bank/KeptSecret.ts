import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect } from "effect"

/**
 * A development secret: what an earlier start left in `file`, or a new one that is kept there, readable by its owner only.
 * What does not look like one is replaced.
 */
export const keptSecret = (file: string, looksRight: RegExp, make: () => string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const kept = (await readFile(file, "utf8").catch(() => "")).trim()
    if (looksRight.test(kept)) return kept
    const secret = make()
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${secret}\n`, { mode: 0o600 })
    return secret
  })
