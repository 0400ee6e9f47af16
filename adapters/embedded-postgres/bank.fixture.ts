// The smallest bank: holds an embedded PostgreSQL until it is interrupted. The tests kill it in several ways.
import { Cause, Effect, Fiber } from "effect"
import { type Options, start } from "./index.ts"

const options: Options = JSON.parse(process.argv[2] ?? "{}")

const interrupted = Effect.callback<void>((resume) => {
  process.once("SIGTERM", () => resume(Effect.void))
})

const bank = Effect.gen(function* () {
  const waiting = yield* Effect.forkScoped(interrupted)
  const running = yield* start(options)
  process.stdout.write(`${JSON.stringify(running)}\n`)
  yield* Fiber.join(waiting)
})

const exit = await Effect.runPromiseExit(Effect.scoped(bank))
if (exit._tag === "Failure") {
  process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  process.exitCode = 1
}
