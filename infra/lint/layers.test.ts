import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, describe, test } from "node:test"
import type { Rule } from "./architecture.ts"
import { check } from "./layers.ts"

const folders: Array<string> = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

type Tree = Readonly<Record<string, string>>

/** A small bank that keeps every rule, and uses what the rules allow. */
const cleanTree: Tree = {
  "domain/money/Money.ts": `import { Result, Schema } from "effect"\nexport type Money = { readonly minor: bigint }\n`,
  "domain/money/index.ts": `export * as Money from "./Money.ts"\n`,
  "domain/ids/index.ts": `export const prefix = ["acc"] as const\n`,
  "domain/calendar/index.ts": `export const day = (millis: number) => new Date(millis).getUTCDate()\n`,
  "domain/accounts/Account.ts": `import type { Money } from "../money/index.ts"\nimport { prefix } from "../ids/index.ts"\n`,
  "domain/accounts/index.ts": `export * as Account from "./Account.ts"\n`,
  "domain/accounts/Account.test.ts": `import assert from "node:assert/strict"\nimport { test } from "node:test"\nimport * as fc from "fast-check"\nimport { clock } from "../../infra/testing/clock.ts"\ntest("x", async () => { try { await clock } catch {} })\n`,
  "domain/ledger/Ledger.ts": `import { Account } from "../accounts/index.ts"\nexport const process = (fetch: () => number) => ({ performance: fetch() }).performance\n`,
  "domain/ledger/index.ts": `export { process } from "./Ledger.ts"\n`,
  "domain/proofs/index.ts": `import { sha256 } from "@noble/hashes/sha2.js"\n`,
  "application/ports/Store.ts": `import { Context } from "effect"\n`,
  "application/ledger/Transfer.ts": `import { Effect, Clock } from "effect"\nimport { process } from "../../domain/ledger/index.ts"\nimport { Store } from "../ports/Store.ts"\n`,
  "application/ledger/index.ts": `export * from "./Transfer.ts"\n`,
  "application/ledger/Transfer.test.ts": `import { layer } from "../../adapters/memory/index.ts"\n`,
  "adapters/contract/index.ts": `import { test } from "node:test"\nimport { transfer } from "../../application/ledger/index.ts"\n`,
  "adapters/memory/index.ts": `import { transfer } from "../../application/ledger/index.ts"\n`,
  "adapters/postgres/Store.ts": `import postgres from "postgres"\nimport { readFile } from "node:fs/promises"\nimport { Ledger } from "../../proto/gen/ledger_pb.ts"\nexport const now = async () => Date.now()\n`,
  "adapters/postgres/index.ts": `export { now } from "./Store.ts"\n`,
  "adapters/postgres/Store.test.ts": `import { suite } from "../contract/index.ts"\nimport { postgres } from "../../infra/testing/services.ts"\n`,
  "apps/bank/main.ts": `import { now } from "../../adapters/postgres/index.ts"\nimport { layer } from "../../adapters/memory/index.ts"\nconsole.log(process.env, now, layer)\n`,
  "infra/testing/clock.ts": `import { transfer } from "../../application/ledger/index.ts"\nexport const clock = 0\n`,
  "infra/testing/services.ts": `export const postgres = 0\n`
}

const plant = (tree: Tree): string => {
  const root = mkdtempSync(join(tmpdir(), "bank-layers-"))
  folders.push(root)
  for (const [file, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

const core = "domain/ledger/Planted.ts"
const useCase = "application/ledger/Planted.ts"
const adapter = "adapters/postgres/Planted.ts"

interface Violation {
  readonly name: string
  readonly rule: Rule
  readonly file: string
  readonly text: string
}

const violation = (rule: Rule, file: string, text: string): Violation => ({ name: text, rule, file, text })

const violations: ReadonlyArray<Violation> = [
  violation("domain-imports", core, `import { Elysia } from "elysia"`),
  violation("domain-imports", core, `import { sha256 } from "@noble/hashes/sha2.js"`),
  violation("domain-imports", core, `import * as Sql from "effect/sql"`),
  violation("domain-imports", core, `import { transfer } from "../../application/ledger/index.ts"`),
  violation("domain-imports", core, `export { now } from "../../adapters/postgres/index.ts"`),
  violation(
    "domain-imports",
    "domain/ledger/Planted.test.ts",
    `import { layer } from "../../adapters/memory/index.ts"`
  ),
  violation("application-imports", useCase, `import postgres from "postgres"`),
  violation("application-imports", useCase, `import type { now } from "../../adapters/postgres/index.ts"`),
  violation("application-imports", useCase, `import { Ledger } from "../../proto/gen/ledger_pb.ts"`),
  violation("adapter-imports", adapter, `import { main } from "../../apps/bank/main.ts"`),
  violation("adapter-imports", adapter, `import { root } from "../../infra/check/command.ts"`),
  violation("sibling-adapter", adapter, `import { layer } from "../memory/index.ts"`),
  violation("sibling-adapter", "adapters/postgres/Planted.test.ts", `import { layer } from "../rest/index.ts"`),
  violation("test-only", adapter, `import { suite } from "../contract/index.ts"`),
  violation("test-only", adapter, `import { clock } from "../../infra/testing/clock.ts"`),
  violation("test-only", core, `import { clock } from "../../infra/testing/clock.ts"`),
  violation("test-only", adapter, `import * as fc from "fast-check"`),
  violation("test-only", "apps/bank/Planted.ts", `import { test } from "node:test"`),
  violation("public-face", core, `import * as Money from "../money/Money.ts"`),
  violation("public-face", core, `type M = import("../money/Money.ts").Money`),
  violation("public-face", useCase, `import { Account } from "../../domain/accounts/Account.ts"`),
  violation("public-face", "application/accounts/Planted.ts", `import { transfer } from "../ledger/Transfer.ts"`),
  violation("public-face", "apps/bank/Planted.ts", `import { now } from "../../adapters/postgres/Store.ts"`),
  violation("context-order", "domain/money/Planted.ts", `import { Account } from "../accounts/index.ts"`),
  violation("context-order", "domain/accounts/Planted.ts", `import type { process } from "../ledger/index.ts"`),
  violation("unknown-context", "domain/weather/index.ts", `export const sunny = true`),
  violation("ambient", core, `import { readFileSync } from "node:fs"`),
  violation("ambient", core, `import { randomUUID } from "crypto"`),
  violation("ambient", useCase, `import { sql } from "bun"`),
  violation("ambient", core, `import { Clock } from "effect"`),
  violation("ambient", core, `import { Random as Dice } from "effect"`),
  violation("ambient", core, `export const now = () => Date.now()`),
  violation("ambient", core, `export const now = () => new Date()`),
  violation("ambient", core, `export const local = () => new Date(2026, 10, 24)`),
  violation("ambient", core, `export const text = () => Date()`),
  violation("ambient", core, `export const dice = () => Math.random()`),
  violation("ambient", useCase, `import { DateTime } from "effect"\nexport const now = DateTime.now`),
  violation("ambient", "domain/ledger/Planted.test.ts", `export const now = () => Date.now()`),
  violation("ambient", useCase, `export const where = import.meta.url`),
  violation("core-try", core, `export const f = () => { try { return 1 } finally { } }`),
  violation("core-try", useCase, `export const f = () => { try { return 1 } catch { return 2 } }`),
  violation("core-async", core, `export const f = async () => 1`),
  violation("core-async", core, `export async function f() {}`),
  violation("core-async", useCase, `export const f = await 1`),
  violation("core-async", useCase, `export const f = Promise.resolve(1)`),
  violation("core-async", useCase, `export const f = new Promise(() => {})`),
  violation("core-async", core, `export const f = import("./index.ts")`),
  violation("core-run", useCase, `import { Effect } from "effect"\nexport const f = Effect.runSync`),
  violation("core-run", core, `import { Effect } from "effect"\nexport const f = () => Effect.runPromise(Effect.void)`),
  violation("no-any", "apps/bank/Planted.ts", `export const f = (x: any) => x`),
  violation("no-any", "domain/ledger/Planted.test.ts", `export type A = Array<any>`),
  violation("no-cast", adapter, `export const f = (x: unknown) => x as string`),
  violation("no-cast", "adapters/postgres/Planted.test.ts", `export const f = (x: unknown) => <string>x`),
  violation("no-suppression", adapter, `// @ts-ignore\nexport const f = 1`),
  violation("no-suppression", adapter, `// @ts-expect-error\nexport const f = 1`),
  violation("file-extension", core, `import { process } from "./Ledger"`),
  violation("syntax", core, `export const = 1`),
  ...["Bun", "Deno", "process", "Buffer", "globalThis", "console", "performance", "crypto", "fetch", "setTimeout"].map(
    (name) => violation("ambient", core, `export const f = () => ${name}.now()`)
  ),
  ...["setInterval", "setImmediate", "queueMicrotask", "require"].map((name) =>
    violation("ambient", useCase, `export const f = () => ${name}(0)`)
  )
]

test("a tree that keeps the rules has no finding", () => {
  assert.deepEqual(check(plant(cleanTree)), [])
})

describe("a planted violation is reported once, by its rule and file", () => {
  for (const { name, rule, file, text } of violations) {
    test(`${rule} in ${file}: ${name}`, () => {
      const found = check(plant({ ...cleanTree, [file]: text }))
      assert.deepEqual(
        found.map((each) => ({ rule: each.rule, file: each.file })),
        [{ rule, file }]
      )
    })
  }

  test("cycle between contexts of one rank, by way of their faces", () => {
    const found = check(
      plant({
        ...cleanTree,
        "domain/calendar/Rate.ts": `import type { Money } from "../money/index.ts"\n`,
        "domain/money/Rate.ts": `import { day } from "../calendar/index.ts"\n`
      })
    )
    assert.deepEqual(found, [
      {
        rule: "cycle",
        file: "domain/calendar/Rate.ts",
        line: 1,
        message: "domain/money → domain/calendar → domain/money"
      }
    ])
  })

  test("cycle between files of one context, unless its imports are erased", () => {
    const planted = (keyword: string): Tree => ({
      ...cleanTree,
      "domain/ledger/A.ts": `import { b } from "./B.ts"\n`,
      "domain/ledger/B.ts": `${keyword} { a } from "./A.ts"\n`
    })
    assert.deepEqual(
      check(plant(planted("import"))).map((each) => [each.rule, each.file, each.message]),
      [["cycle", "domain/ledger/B.ts", "domain/ledger/A.ts → domain/ledger/B.ts → domain/ledger/A.ts"]]
    )
    assert.deepEqual(check(plant(planted("import type"))), [])
  })

  test("with the line it stands on", () => {
    const found = check(plant({ ...cleanTree, [core]: "export const a = 1\n\nexport const b = Math.random()\n" }))
    assert.deepEqual(
      found.map((each) => each.line),
      [3]
    )
  })
})

test("generated code and packages are not read", () => {
  const found = check(
    plant({
      ...cleanTree,
      "adapters/rpc/gen/x_pb.ts": "export const x: any = 0",
      "infra/node_modules/p/i.js": "await 1"
    })
  )
  assert.deepEqual(found, [])
})
