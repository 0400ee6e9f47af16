import {
  contextRanks,
  corePackage,
  domainForbiddenNames,
  packagesOfContext,
  type Rule,
  runtimeModule,
  standInsForTests,
  testOnlyPackage,
  testPackage
} from "./architecture.ts"
import type { Place } from "./place.ts"
import type { Import } from "./source.ts"

/** What a rule says about one import; none when the import is fine. */
export interface Verdict {
  readonly rule: Rule
  readonly message: string
}

const layersKnown: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["domain", ["domain"]],
  ["application", ["domain", "application"]],
  ["adapters", ["domain", "application", "adapters", "proto"]]
])

const ruleOfLayer = (layer: string): Rule =>
  layer === "domain" ? "domain-imports" : layer === "application" ? "application-imports" : "adapter-imports"

const isCore = (layer: string): boolean => layer === "domain" || layer === "application"
const isContract = (place: Place): boolean => place.unit === "adapters/contract"

/** Judges the import of a package or of a runtime's module. */
export const judgePackage = (from: Place, { specifier, names }: Import): Verdict | undefined => {
  if (isCore(from.layer)) {
    if (from.isTest && testPackage.test(specifier)) return undefined
    if (runtimeModule.test(specifier)) return { rule: "ambient", message: `${specifier} belongs to a runtime` }
    const isOwnPackage = from.layer === "domain" && packagesOfContext.get(from.context)?.test(specifier) === true
    if (!corePackage.test(specifier) && !isOwnPackage) {
      return { rule: ruleOfLayer(from.layer), message: `${from.layer} imports no package but effect: ${specifier}` }
    }
    const forbidden = names.find((name) => domainForbiddenNames.has(name))
    return from.layer === "domain" && !from.isTest && forbidden !== undefined
      ? { rule: "ambient", message: `${forbidden} reads the world; the domain takes it as an argument` }
      : undefined
  }
  const mayTest = from.isTest || from.layer === "infra" || isContract(from)
  return !mayTest && testOnlyPackage.test(specifier)
    ? { rule: "test-only", message: `${specifier} is for tests` }
    : undefined
}

const isStandIn = (from: Place, to: Place): boolean =>
  from.isTest && standInsForTests.get(from.layer)?.includes(to.unit) === true

const judgeLayers = (from: Place, to: Place): Verdict | undefined => {
  const known = layersKnown.get(from.layer)
  if (known === undefined) return undefined
  if (to.layer === "infra" || isContract(to)) {
    const isTestSupport = to.unit === "infra/testing" || isContract(to)
    if (isTestSupport && (from.isTest || isContract(from)) && !(isContract(to) && from.layer === "domain")) {
      return undefined
    }
    if (isTestSupport) return { rule: "test-only", message: `${to.unit} is for tests` }
  }
  return known.includes(to.layer) || isStandIn(from, to)
    ? undefined
    : { rule: ruleOfLayer(from.layer), message: `${from.layer} may not import ${to.layer}` }
}

const judgeContexts = (from: Place, to: Place): Verdict | undefined => {
  if (from.layer !== "domain" || to.layer !== "domain" || from.unit === to.unit) return undefined
  const fromRank = contextRanks.get(from.context)
  const toRank = contextRanks.get(to.context)
  if (fromRank === undefined || toRank === undefined || toRank <= fromRank) return undefined
  return { rule: "context-order", message: `${from.context} stands below ${to.context} and may not import it` }
}

/** Folders that are entered through `index.ts` even while they have none; elsewhere an `index.ts` binds once it exists. */
const alwaysHasFace = (to: Place): boolean =>
  to.context !== "" &&
  (to.layer === "domain" ||
    (to.layer === "application" && to.context !== "ports") ||
    (to.layer === "adapters" && !isContract(to)))

const judgeFace = (from: Place, to: Place, exists: (file: string) => boolean): Verdict | undefined => {
  const folders = to.file.split("/").slice(0, -1)
  for (let depth = 1; depth <= folders.length; depth++) {
    const folder = folders.slice(0, depth).join("/")
    const face = `${folder}/index.ts`
    const isInside = from.file.startsWith(`${folder}/`)
    const isBound = exists(face) || (folder === to.unit && alwaysHasFace(to))
    if (!isInside && isBound) {
      return to.file === face ? undefined : { rule: "public-face", message: `import ${face}, not ${to.file}` }
    }
  }
  return undefined
}

/** Judges the import of one of the project's own files. `exists` tells whether a file of the project is there. */
export const judgeFile = (from: Place, to: Place, exists: (file: string) => boolean): Verdict | undefined => {
  const isSibling = from.layer === "adapters" && to.layer === "adapters" && from.unit !== to.unit && !isContract(to)
  if (isSibling && !isStandIn(from, to)) {
    return { rule: "sibling-adapter", message: `${from.unit} may not import its sibling ${to.unit}` }
  }
  return judgeLayers(from, to) ?? judgeContexts(from, to) ?? judgeFace(from, to, exists)
}
