import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, chromium } from "playwright-core"
import { installPackage } from "./debian.ts"

/** What Chromium is called, in the order in which the names are tried. */
const names = ["chromium", "chromium-browser", "google-chrome"] as const

const startMs = 30_000

/** The program, or why there is none, in a few words. */
type Found = { readonly program: string } | { readonly reason: string }

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** A program that the environment names and that is not there is an error: whoever set it meant that one. */
const fromEnvironment = (): Found => {
  const program = process.env.BANK_CHROMIUM
  if (!program) return { reason: "BANK_CHROMIUM is not set" }
  if (!isProgram(program)) throw new Error(`BANK_CHROMIUM names ${program}, which is no program`)
  return { program }
}

const fromPath = (): Found => {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "")
  const program = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
  return program === undefined ? { reason: `none of ${names.join(", ")} is on the PATH` } : { program }
}

const fromPackage = (): Found => {
  const reason = installPackage("chromium")
  return reason === undefined ? fromPath() : { reason }
}

const candidates = { environment: fromEnvironment, local: fromPath, package: fromPackage }

/** Finds or installs a Chromium; gives its program. Throws an error that says what to do. */
export const findChromium = (): string => {
  const reasons: Array<string> = []
  for (const [source, find] of Object.entries(candidates)) {
    const found = find()
    if ("program" in found) return found.program
    reasons.push(`${source}: ${found.reason}`)
  }
  throw new Error(
    `There is no Chromium for the tests. Install chromium so that it is on the PATH, or set BANK_CHROMIUM to its program.\n  ${reasons.join("\n  ")}`
  )
}

/** Starts a Chromium without a window, and without its sandbox, which needs more than root or a container may have. */
export const openChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), headless: true, chromiumSandbox: false, timeout: startMs })
