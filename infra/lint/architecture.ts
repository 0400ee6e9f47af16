/**
 * The architecture as data: which folder may know which. `layers.ts` enforces it, `layers.test.ts` proves that each
 * rule fires.
 */

/** The name of a rule, printed with each finding. */
export type Rule =
  | "domain-imports"
  | "application-imports"
  | "adapter-imports"
  | "sibling-adapter"
  | "test-only"
  | "public-face"
  | "context-order"
  | "unknown-context"
  | "cycle"
  | "ambient"
  | "core-try"
  | "core-async"
  | "core-run"
  | "no-any"
  | "no-cast"
  | "no-suppression"
  | "file-extension"
  | "syntax"

/** Folders that are read. Generated code and build output inside them are not. */
export const roots = ["domain", "application", "adapters", "apps", "infra"]

/** Folder names that are never read, at any depth. */
export const foldersSkipped = ["node_modules", "gen", "dist", ".data", "coverage"]

/**
 * A context may import contexts of its own rank or of a lower one; cycles are found apart. A new context needs a rank
 * here, so that where it stands is a decision and not an accident.
 */
export const contextRanks: ReadonlyMap<string, number> = new Map([
  ["money", 0],
  ["ids", 0],
  ["calendar", 0],
  ["identity", 1],
  ["accounts", 1],
  ["ledger", 2],
  ["proofs", 3],
  ["loans", 3],
  ["payments", 3],
  ["notifications", 3],
  ["reporting", 3]
])

/** What the layer may import from packages: `effect` and its stable modules; `effect/sql` and the like are unstable. */
export const corePackage = /^effect(\/[A-Z]\w*)?$/

/** Packages that one context of the domain may import besides: pure computation that is not to be written anew. */
export const packagesOfContext: ReadonlyMap<string, RegExp> = new Map([
  ["identity", /^@noble\/hashes\/utils\.js$/],
  ["proofs", /^@noble\/(hashes|curves)\/\w+\.js$/]
])

/** What a test of domain or application may import on top of its layer. */
export const testPackage = /^(node:test|node:assert|node:assert\/strict|fast-check|effect\/testing)$/

/** Packages that belong in tests and in the contract suite only. */
export const testOnlyPackage = /^(node:test|bun:test|fast-check|effect\/testing)$/

/** Modules of a runtime: their import in the core is an ambient dependency, not merely a wrong layer. */
export const runtimeModule =
  /^(node:|bun:|bun$|deno:|jsr:|npm:|https?:)|^(assert|buffer|child_process|cluster|crypto|dns|events|fs|http|http2|https|net|os|path|perf_hooks|process|stream|timers|tls|url|util|v8|vm|worker_threads|zlib)(\/|$)/

/** Names that only a runtime provides: clocks, timers, randomness, environment, network, console, storage. */
export const ambientGlobals: ReadonlySet<string> = new Set([
  "Bun",
  "Deno",
  "process",
  "Buffer",
  "global",
  "globalThis",
  "window",
  "self",
  "navigator",
  "require",
  "console",
  "performance",
  "crypto",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "clearTimeout",
  "clearInterval",
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "BroadcastChannel",
  "Worker",
  "SharedArrayBuffer",
  "__dirname",
  "__filename"
])

/** Members that read a clock or a random source, written `Object.member`. */
export const ambientMembers: ReadonlySet<string> = new Set([
  "Date.now",
  "Math.random",
  "Temporal.Now",
  "DateTime.now",
  "DateTime.nowUnsafe",
  "DateTime.unsafeNow"
])

/** Effect modules that read the world; the domain, being synchronous and pure, has no use for them. */
export const domainForbiddenNames: ReadonlySet<string> = new Set(["Clock", "Random", "Console", "Config", "Logger"])

/** Adapters that a layer's tests may put in the place of the outside world, by layer; `adapters/contract` is apart. */
export const standInsForTests: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["application", ["adapters/memory", "adapters/ids"]],
  ["adapters", ["adapters/memory", "adapters/ids"]]
])
