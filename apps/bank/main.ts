/** The whole bank in one process: `npm start`. */
import { Cause, Effect, Exit, Fiber, Logger, Option } from "effect"
import { banner } from "./Banner.ts"
import { startErrorLine } from "./StartError.ts"

const startedAt = performance.now()

/** One library warns of every runtime but Node when it is loaded; this one is what its flows are tested on here. */
const quietly = async <A>(load: () => Promise<A>): Promise<A> => {
  const { warn } = console
  console.warn = () => {}
  try {
    return await load()
  } finally {
    console.warn = warn
  }
}
const { bank } = await quietly(() => import("./Bank.ts"))

const program = Effect.scoped(
  Effect.gen(function* () {
    const started = yield* bank
    console.log(banner({ ...started, startedInMs: performance.now() - startedAt }))
    yield* Effect.never
  })
).pipe(Effect.provide(Logger.layer([process.stdout.isTTY ? Logger.consolePretty() : Logger.consoleJson])))

const fiber = Effect.runFork(program)

let stopping = false
const stop = (signal: NodeJS.Signals): void => {
  // A second signal is a person who will not wait.
  if (stopping) process.exit(130)
  stopping = true
  console.log(`${signal}: finishing what was accepted …`)
  Effect.runFork(Fiber.interrupt(fiber))
}
process.on("SIGINT", stop)
process.on("SIGTERM", stop)

const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
  const expected = Cause.findErrorOption(exit.cause)
  console.error(Option.isSome(expected) ? startErrorLine(expected.value) : Cause.pretty(exit.cause))
  process.exit(1)
}
process.exit(0)
