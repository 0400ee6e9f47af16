#!/usr/bin/env node
// The door to every command: `node infra/run.mjs start|test|check|…`. It needs Node 20 and npm and nothing else: it
// installs the pinned Bun and the locked packages when they are missing, then hands over to Bun.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** @type {Record<string, { script: string, args?: ReadonlyArray<string>, flags?: ReadonlyArray<string> }>} */
const commands = {
  // Should this process be killed, Bun ends by itself and the bank's ports are free again. Tests kill banks and look at
  // what those leave behind, which the flag would clear away: they go without.
  start: { script: "apps/bank/main.ts", flags: ["--no-orphans"] },
  test: { script: "infra/check/tests.ts" },
  "test:long": { script: "infra/check/tests.ts", args: ["--long"] },
  check: { script: "infra/check/check.ts" },
  bench: { script: "apps/bench/main.ts" },
  gbank: { script: "apps/cli/main.ts" },
  crash: { script: "infra/testing/crash/crash.ts" },
  faults: { script: "infra/testing/faults/faults.ts" },
  privacy: { script: "infra/testing/privacy/privacy.ts" }
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** @type {ReadonlyArray<NodeJS.Signals>} */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
const isWindows = process.platform === "win32"
const modules = join(root, "node_modules")
const stamp = join(modules, ".installed")

/** @param {string} message @returns {never} */
const fail = (message) => {
  console.error(message)
  process.exit(1)
}

/** @param {string} bun */
const versionOf = (bun) => {
  const { status, stdout } = spawnSync(bun, ["--version"], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : undefined
}

/** The package `bun` links its binary in a postinstall; the platform's package has the same one when that did not run. */
const findBun = (/** @type {string} */ version) => {
  const platforms = join(modules, "@oven")
  const name = isWindows ? "bun.exe" : "bun"
  const candidates = [
    join(modules, "bun", "bin", "bun.exe"),
    ...(existsSync(platforms) ? readdirSync(platforms).map((each) => join(platforms, each, "bin", name)) : [])
  ]
  return candidates.find((each) => existsSync(each) && versionOf(each) === version)
}

const lockDigest = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "bun.lock")))
    .digest("hex")

/** Installs what bun.lock names unless that was done, and returns the path of Bun. */
const prepare = () => {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.bun
  const digest = lockDigest()
  const installed = findBun(version)
  const isCurrent = existsSync(stamp) && readFileSync(stamp, "utf8") === digest
  if (installed !== undefined && isCurrent) return installed

  console.error("Installing packages (once, and whenever bun.lock changes) …")
  const install = ["install", "--frozen-lockfile"]
  const [command, args] = installed === undefined ? ["npx", ["-y", `bun@${version}`, ...install]] : [installed, install]
  // Only Windows needs a shell, to find npx.cmd.
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    shell: isWindows
  })
  if (error !== undefined || status !== 0) {
    const output = `${stdout ?? ""}${stderr ?? ""}`.trim()
    if (output !== "") console.error(output)
    fail(
      error === undefined
        ? `Installing failed (${signal ?? `exit ${status}`}): is the npm registry reachable? Run the command again to retry.`
        : `Installing failed: ${command} did not start (${error.message}); npm and Node 20 or newer are needed.`
    )
  }
  const bun = findBun(version)
  if (bun === undefined) {
    return fail(`Bun ${version} was installed but does not run on ${process.platform}-${process.arch}.`)
  }
  mkdirSync(modules, { recursive: true })
  writeFileSync(stamp, digest)
  return bun
}

/**
 * Runs Bun in a process group of its own, so that a Ctrl-C in the terminal, which reaches this whole group (and twice,
 * by way of npm), reaches Bun only through here, and once.
 */
const handOver = (/** @type {string} */ bun, /** @type {ReadonlyArray<string>} */ args) => {
  const child = spawn(bun, args, {
    cwd: root,
    stdio: "inherit",
    detached: !isWindows,
    env: { ...process.env, BANK_NODE: process.execPath }
  })
  /** @type {Map<string, number>} */
  const sent = new Map()
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    const now = performance.now()
    const isEcho = now - (sent.get(signal) ?? Number.NEGATIVE_INFINITY) < 500
    sent.set(signal, now)
    if (!isEcho) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, forward)

  // npm passes SIGTERM to the shell between it and this process, which dies of it and tells nobody.
  const { ppid } = process
  if (process.env.npm_lifecycle_event !== undefined && !isWindows) {
    const watch = setInterval(() => {
      if (process.ppid === ppid) return
      clearInterval(watch)
      forward("SIGTERM")
    }, 250)
  }
  child.on("error", (error) => fail(`${bun} did not start: ${error.message}`))
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
}

const [name = "", ...args] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (command === undefined) fail(`Usage: node infra/run.mjs ${Object.keys(commands).join("|")} [arguments]`)
else handOver(prepare(), [...(command.flags ?? []), join(root, command.script), ...(command.args ?? []), ...args])
