import { existsSync, readdirSync, readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root, run, tool } from "./command.ts"
import type { Outcome } from "./outcome.ts"

/** The released API as a buf image, in the tree: found in a shallow clone or an archive just as in a full clone. */
const released = "proto/released.binpb"

/**
 * The proto files break nothing that was released. `bun run proto:release` records them as released, so a change of
 * what clients may rely on is a change of that file, seen in review.
 */
export const protoBreaking = async (): Promise<Outcome> => {
  if (!existsSync(join(root, released))) {
    return { passed: true, output: "", note: `nothing is released yet: no ${released}` }
  }
  const { code, output } = await run([tool("buf"), "breaking", "proto", "--against", released])
  return { passed: code === 0, output }
}

const filesBelow = (folder: string): ReadonlyArray<string> =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : []

const differences = (committed: string, fresh: string): ReadonlyArray<string> => {
  const before = filesBelow(committed)
  const after = filesBelow(fresh)
  return [
    ...after.filter((file) => !before.includes(file)).map((file) => `missing: ${file}`),
    ...before.filter((file) => !after.includes(file)).map((file) => `left over: ${file}`),
    ...after
      .filter((file) => before.includes(file))
      .filter((file) => readFileSync(join(committed, file), "utf8") !== readFileSync(join(fresh, file), "utf8"))
      .map((file) => `out of date: ${file}`)
  ]
}

/** The generated code is what the proto files generate now; `bun run generate` makes it so. */
export const generatedCode = async (): Promise<Outcome> => {
  const fresh = await mkdtemp(join(tmpdir(), "bank-generated-"))
  try {
    const { code, output } = await run([
      tool("buf"),
      "generate",
      "proto",
      "--template",
      "proto/buf.gen.yaml",
      "--output",
      fresh
    ])
    if (code !== 0) return { passed: false, output }
    const found = differences(join(root, "proto/gen"), join(fresh, "proto/gen"))
    return { passed: found.length === 0, output: [...found, "run: bun run generate"].join("\n") }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}
