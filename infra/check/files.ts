import { readFileSync } from "node:fs"
import { join } from "node:path"
import { sourceFiles } from "../lint/layers.ts"
import { root } from "./command.ts"
import type { Outcome } from "./outcome.ts"

const linesMax = 400

/** Tables of data that a standard lists and that would only be harder to compare with it when cut in pieces. */
const tables: ReadonlySet<string> = new Set([])

const linesOf = (file: string): number => readFileSync(join(root, file), "utf8").trimEnd().split("\n").length

/** No source file has more than 400 lines, tests included. */
export const fileSizes = async (): Promise<Outcome> => {
  const tooLong = sourceFiles(root)
    .filter((file) => !tables.has(file))
    .map((file) => ({ file, lines: linesOf(file) }))
    .filter(({ lines }) => lines > linesMax)
  return {
    passed: tooLong.length === 0,
    output: tooLong.map(({ file, lines }) => `${file}: ${lines} lines, at most ${linesMax}`).join("\n")
  }
}
