import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import manifest from "../../package.json" with { type: "json" }
import { root } from "./command.ts"
import type { Outcome } from "./outcome.ts"

const foldersOf = (path: string): ReadonlyArray<string> =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : []

/**
 * Every folder that the package exports (`gophers-bank/domain/money`) has the entry it promises, found by the package's
 * own name as a user would import it.
 */
export const exportsResolve = async (): Promise<Outcome> => {
  const missing: Array<string> = []
  let resolved = 0
  for (const pattern of Object.keys(manifest.exports)) {
    const layer = pattern.replace(/^\.\/|\/\*$/gu, "")
    // A folder with a pattern of its own exports its files one by one.
    const ownPattern = (folder: string): boolean => Object.hasOwn(manifest.exports, `./${layer}/${folder}/*`)
    for (const folder of foldersOf(join(root, layer)).filter((each) => !ownPattern(each))) {
      const name = `${manifest.name}/${layer}/${folder}`
      const target = join(root, layer, folder, "index.ts")
      if (existsSync(target) && Bun.resolveSync(name, root) === target) resolved++
      else missing.push(`${name} has no ${layer}/${folder}/index.ts`)
    }
  }
  return { passed: missing.length === 0, output: missing.join("\n"), note: `${resolved} entries` }
}
