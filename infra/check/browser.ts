import { existsSync, readdirSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { builtinModules } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { Result, Schema } from "effect"
import { LedgerId } from "../../domain/ids/index.ts"
import { Inclusion, Leaf, ReceiptProof, Tree, TreeHead } from "../../domain/proofs/index.ts"
import { node, root, run } from "./command.ts"
import type { Tally } from "./tally.ts"

const contexts = (): ReadonlyArray<string> =>
  readdirSync(join(root, "domain"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, "domain", entry.name, "index.ts")))
    .map((entry) => entry.name)
    .sort()

// What a page does that verifies a receipt which a customer drops on it.
const verifying = `
globalThis.verify = (text, key) => {
  const proof = Schema.decodeUnknownSync(proofs.ReceiptProof)(JSON.parse(text))
  return proofs.verifyReceipt(proof, Schema.decodeUnknownSync(proofs.TreeHead.PublicKey)(key))._tag
}`

/** The entry keeps each context's whole public face on the global object, where nothing of it can be shaken off. */
const entryOf = (names: ReadonlyArray<string>): string =>
  [
    ...names.map((name) => `import * as ${name} from ${JSON.stringify(join(root, "domain", name, "index.ts"))}`),
    `globalThis.bank = { ${names.join(", ")} }`,
    `import * as Schema from ${JSON.stringify(fileURLToPath(import.meta.resolve("effect/Schema")))}`,
    verifying
  ].join("\n")

const transaction = Schema.decodeSync(Leaf.Content)({
  id: "txn_01jdf8a3e0e8vrvn4t8n9d2k7q",
  kind: "transfer",
  bookedAt: "2026-11-24T03:42:14.123Z",
  valueDate: "2026-11-25",
  description: "Zürich €🏦",
  entries: [
    { accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7m", side: "debit", amount: { amount: "12.34", currency: "USD" } },
    { accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7n", side: "credit", amount: { amount: "12.34", currency: "USD" } }
  ]
})

/** A receipt of the second of two transactions, as a bank gives it out, and the key that verifies it. */
const receipt = (): { readonly text: string; readonly key: string } => {
  const leafHash = Leaf.hashOf(transaction)
  const leaves = [Leaf.hashOf({ ...transaction, description: "Another" }), leafHash]
  const rootHash = Tree.root(Tree.append(Tree.empty, leaves).tree)
  const ledgerId = LedgerId.make("led_01jdf8a3e0e8vrvn4t8n9d2k7m")
  const secretKey = new Uint8Array(32).fill(7)
  const proof = {
    transaction,
    leafHash,
    inclusion: Result.getOrThrow(Inclusion.make(1, 2, (_, index) => leaves[index])),
    treeHead: TreeHead.sign({ ledgerId, treeSize: 2, rootHash, timestamp: transaction.bookedAt }, secretKey)
  }
  return {
    text: JSON.stringify(Schema.encodeSync(ReceiptProof)(proof)),
    key: Schema.encodeSync(TreeHead.PublicKey)(TreeHead.publicKeyOf(secretKey))
  }
}

const builtins: ReadonlySet<string> = new Set(builtinModules)

/**
 * Bundles for a browser. Bun would quietly put its own shim in place of a module of Node, so each import of one is
 * caught while it is resolved.
 */
const bundle = async (entry: string) => {
  const runtimeImports: Array<string> = []
  const result = await Bun.build({
    entrypoints: [entry],
    target: "browser",
    format: "iife",
    minify: true,
    throw: false,
    plugins: [
      {
        name: "no-runtime-modules",
        setup: (build) => {
          build.onResolve({ filter: /^[a-z]/u }, ({ path, importer }) => {
            if (/^(node|bun|deno):/u.test(path) || builtins.has(path))
              runtimeImports.push(`${importer} imports ${path}`)
            return undefined
          })
        }
      }
    ]
  })
  return { result, runtimeImports }
}

// A bare context has the language's own globals only: no process, Buffer, require, timer or module loader. Effect makes
// a TextEncoder and a TextDecoder while it loads, which every browser has.
const evaluation = `
const vm = require("node:vm")
const [file, faces, receipt] = process.argv.slice(1)
const context = vm.createContext({ TextEncoder, TextDecoder })
const problems = []
try {
  vm.runInContext(require("node:fs").readFileSync(file, "utf8"), context, { timeout: 20000 })
} catch (error) {
  problems.push("does not evaluate: " + error)
}
for (const name of JSON.parse(faces))
  if (Object.keys(context.bank?.[name] ?? {}).length === 0) problems.push("domain/" + name + " exports nothing")
const { text, key } = JSON.parse(receipt)
for (const [altered, expected] of [[text, "Success"], [text.replace("12.34", "12.35"), "Failure"]])
  if (context.verify?.(altered, key) !== expected) problems.push("a receipt does not verify as " + expected)
for (const name of ["process", "Buffer", "require", "Bun", "Deno", "module", "setTimeout"])
  if (vm.runInContext("typeof " + name, context) !== "undefined") problems.push("the context is not bare: " + name)
console.log(problems.join("\\n"))
process.exitCode = problems.length
`

/**
 * Proves that the whole domain runs in a browser, and verifies a receipt there; prints the bundle's size. Counts as one
 * test.
 */
export const browserBundle = async (): Promise<Tally> => {
  const names = contexts()
  const folder = await mkdtemp(join(tmpdir(), "bank-browser-"))
  const problems: Array<string> = []
  try {
    const entry = join(folder, "entry.ts")
    await writeFile(entry, entryOf(names))
    const { result, runtimeImports } = await bundle(entry)
    problems.push(...runtimeImports, ...result.logs.map(String))
    const output = result.outputs[0]
    if (output === undefined) problems.push("the bundle was not built")
    else {
      const code = await output.text()
      const file = join(folder, "bank.js")
      await writeFile(file, code)
      const { code: exit, output: printed } = await run([
        node,
        "-e",
        evaluation,
        file,
        JSON.stringify(names),
        JSON.stringify(receipt())
      ])
      if (exit !== 0) problems.push(printed)
      const gzip = gzipSync(code).byteLength
      console.log(`domain in a browser: ${names.join(", ")}; ${code.length} bytes minified, ${gzip} bytes gzip`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  for (const problem of problems) console.log(`domain in a browser: ${problem}`)
  return problems.length === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}
