/**
 * The layer checker: reads every source file once and reports what breaks the architecture. Run it as
 * `bun infra/lint/layers.ts [folder]`; it exits with 1 if anything was found.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { contextRanks, foldersSkipped, type Rule, roots } from "./architecture.ts"
import { cyclesOf, type Edge } from "./graph.ts"
import { judgeFile, judgePackage } from "./imports.ts"
import { type Place, placeOf } from "./place.ts"
import { type Construct, type Import, read } from "./source.ts"

/** One violation, at a file of the project and a line of it. */
export interface Finding {
  readonly rule: Rule
  readonly file: string
  readonly line: number
  readonly message: string
}

const isSource = (name: string): boolean => /\.[cm]?[jt]sx?$/u.test(name) && !name.endsWith(".d.ts")

/** Lists the source files below the roots, as paths from `root` with `/`, in name order. */
export const sourceFiles = (root: string): ReadonlyArray<string> => {
  const walk = (folder: string): ReadonlyArray<string> =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`
        if (entry.isDirectory()) return foldersSkipped.includes(entry.name) ? [] : walk(path)
        return entry.isFile() && isSource(entry.name) ? [path] : []
      })
      .sort()
  return roots.filter((folder) => existsSync(join(root, folder))).flatMap(walk)
}

/** Whether a construct is forbidden where it stands: some everywhere, some in the core, fewer in the core's tests. */
const applies = ({ rule, what }: Construct, { layer, isTest }: Place): boolean => {
  if (rule === "no-suppression") return !(isTest && what === "@ts-expect-error")
  if (!rule.startsWith("core-") && rule !== "ambient") return true
  const isCore = layer === "domain" || layer === "application"
  return isCore && (!isTest || (rule === "ambient" && what !== "import.meta"))
}

const messageOf = ({ rule, what }: Construct): string => {
  switch (rule) {
    case "ambient":
      return `${what}: time, randomness and environment arrive as arguments or ports`
    case "core-try":
      return "failures are values here: Result or Effect"
    case "core-async":
      return `${what}: domain is synchronous, application is Effect`
    case "core-run":
      return `${what}: only an app runs effects`
    case "no-cast":
      return `${what}: decode with Schema or narrow, instead of casting`
    default:
      return what
  }
}

/** Checks the tree at `root` and returns every violation, by file and line. */
export const check = (root: string): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const contextEdges: Array<Edge> = []
  const fileEdges: Array<Edge> = []
  const exists = (file: string): boolean => existsSync(join(root, file))

  const checkImport = (from: Place, each: Import): void => {
    const { file } = from
    const report = (rule: Rule, message: string): void => {
      findings.push({ rule, file, line: each.line, message })
    }
    if (!each.specifier.startsWith(".")) {
      const verdict = judgePackage(from, each)
      if (verdict !== undefined) report(verdict.rule, verdict.message)
      return
    }
    const target = posix.join(posix.dirname(file), each.specifier)
    const to = placeOf(target)
    const verdict = judgeFile(from, to, exists)
    if (verdict !== undefined) report(verdict.rule, verdict.message)
    else if (!/\.[a-z]+$/u.test(target))
      report("file-extension", `${each.specifier} names no file: write the extension`)
    if (from.isTest) return
    if (from.layer === "domain" && to.layer === "domain" && verdict === undefined) {
      contextEdges.push({ from: from.unit, to: to.unit, file, line: each.line })
    }
    // Between contexts the coarser graph speaks already.
    const isWithin = from.layer !== "domain" || from.unit === to.unit
    if (!each.erased && isWithin) fileEdges.push({ from: file, to: target, file, line: each.line })
  }

  const unranked = new Set<string>()
  for (const file of sourceFiles(root)) {
    const place = placeOf(file)
    if (place.layer === "domain" && !contextRanks.has(place.context) && !unranked.has(place.context)) {
      unranked.add(place.context)
      findings.push({
        rule: "unknown-context",
        file,
        line: 1,
        message: "rank this context in infra/lint/architecture.ts"
      })
    }
    const source = read(file, readFileSync(join(root, file), "utf8"))
    for (const each of source.imports) checkImport(place, each)
    for (const each of source.constructs) {
      if (applies(each, place)) findings.push({ rule: each.rule, file, line: each.line, message: messageOf(each) })
    }
  }
  for (const { closing, path } of [...cyclesOf(contextEdges), ...cyclesOf(fileEdges)]) {
    findings.push({ rule: "cycle", file: closing.file, line: closing.line, message: path.join(" → ") })
  }
  return findings.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
}

if (import.meta.main) {
  const root = process.argv[2] ?? dirname(dirname(import.meta.dirname))
  const findings = check(root)
  for (const { file, line, rule, message } of findings) console.log(`${file}:${line} ${rule}: ${message}`)
  console.log(`${sourceFiles(root).length} files, ${findings.length} violations`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
