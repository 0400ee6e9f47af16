#!/usr/bin/env bun
// Runs a command with a PostgreSQL and a Redis for its tests: `bun infra/testing/with-services.ts bun test`.
// All its processes share the two through TEST_DATABASE_URL and TEST_REDIS_URL; what was started here is stopped after.
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { findPostgres, findRedis, type Service } from "./services.ts"

const [command, ...args] = process.argv.slice(2)
if (command === undefined) {
  console.error("usage: bun infra/testing/with-services.ts COMMAND [ARGUMENT...]")
  process.exit(2)
}

/** Runs the command to its end, passing on signals, and answers its exit code as a shell would. */
const run = (program: string, environment: Record<string, string>): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...environment } })
    // An interrupt typed at a terminal goes to the child as well; a second one would end its clean-up.
    const forward = (signal: NodeJS.Signals) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, forward)
    child.on("error", (error) => {
      console.error(`${program} cannot be run: ${error.message}`)
      resolve(127)
    })
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })

const started: Array<Service> = []
try {
  const outcomes = await Promise.allSettled([findPostgres(), findRedis()])
  for (const outcome of outcomes) if (outcome.status === "fulfilled") started.push(outcome.value)
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
  const [database, redis] = started
  if (database === undefined || redis === undefined) throw new Error("a service is missing")
  console.error(`PostgreSQL: ${database.source}, Redis: ${redis.source}`)
  process.exitCode = await run(command, {
    TEST_DATABASE_URL: database.url,
    TEST_REDIS_URL: redis.url,
    TEST_SERVICES: "environment"
  })
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  process.exitCode = 1
} finally {
  await Promise.all(started.map((service) => service.stop()))
}
process.exit()
