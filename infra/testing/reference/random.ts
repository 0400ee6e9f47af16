/** Dice sequences of requests, each the same for the same seed, and what the model answers to them. */
import { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { apply } from "./apply.ts"
import { randomCommand } from "./commands.ts"
import { type Dice, diceOf } from "./Dice.ts"
import * as Model from "./Model.ts"
import { occasionOf, type Step } from "./Step.ts"
import type { Theme } from "./World.ts"

const startMillis = 1_767_225_600_000
const millisPerDay = 86_400_000
const stormAt = Instant.fromMillis(startMillis + millisPerDay)

/** Accounts in use at a time, and after how many requests the oldest gives way to a new one. */
const windowWidth = 12
const windowPace = 60

const whaleLength = 600

const themeOf = (random: Dice): Theme => random.weighted({ everyday: 70, retries: 15, whales: 8, storm: 7 }, "everyday")

const batchSize = (random: Dice): number =>
  random.pick([() => 1, () => 2 + random.below(7), () => 1 + random.below(200)])()

/** The time of the next batch: mostly soon, sometimes exactly when a hold expires or just before. */
const later = (random: Dice, model: Model.Model, now: Instant.Instant, theme: Theme, progress: number) => {
  if (theme === "storm") return progress > 0.85 && now < stormAt ? stormAt : Instant.addMillis(now, random.below(100))
  const expiries = [...model.holds.values()]
    .filter((hold) => hold.status === "authorized")
    .map((hold) => hold.expiresAt)
  const expiry = random.anyOf(expiries)
  if (expiry !== undefined && random.chance(25)) {
    const at = Instant.addMillis(expiry, -random.below(2))
    return at < now ? now : at
  }
  const millis = random.pick([() => 0, () => random.below(10_000), () => random.below(millisPerDay)])()
  return Instant.addMillis(now, millis)
}

const reordered = <C extends Command.Single>(command: C): C =>
  "metadata" in command && command.metadata !== undefined
    ? { ...command, metadata: Object.fromEntries(Object.entries(command.metadata).reverse()) }
    : command

/** The same command as another client may spell it: metadata is a map, and its keys have no order. */
const respelled = (command: Command.Command): Command.Command =>
  command._tag === "Linked" ? { ...command, commands: command.commands.map(reordered) } : reordered(command)

/** A request that was sent before, sent again: as it was, or with another command. */
const again = (
  random: Dice,
  steps: ReadonlyArray<Step>,
  command: Step["command"]
): Pick<Step, "key" | "command"> | undefined => {
  const earlier = random.anyOf(random.chance(70) ? steps.slice(-40) : steps)
  if (earlier === undefined) return undefined
  return { key: earlier.key, command: random.chance(25) ? command : respelled(structuredClone(earlier.command)) }
}

/** A sequence, what the model answers to each of its requests, and the model after it. */
export interface Sequence {
  readonly seed: number
  readonly theme: Theme
  readonly steps: ReadonlyArray<Step>
  readonly answers: ReadonlyArray<Model.Answer>
  readonly model: Model.Model
}

/** The random sequence of a seed, of at most this many requests, about a theme or whatever the seed says. */
export const sequenceOf = (seed: number, lengthMax: number, about?: Theme): Sequence => {
  const random = diceOf(seed)
  const theme = about ?? themeOf(random)
  const model = Model.empty()
  const steps: Array<Step> = []
  const answers: Array<Model.Answer> = []
  // Histories at the limit of 64 bits are long: thousands of entries for each account.
  const length = theme === "whales" ? Math.min(lengthMax, whaleLength) : lengthMax
  let now = Instant.fromMillis(startMillis)
  let left = 0
  let batch = -1
  for (let index = 0; index < length; index++) {
    if (left === 0) {
      left = batchSize(random)
      batch += 1
      now = later(random, model, now, theme, index / length)
    }
    left -= 1
    const first = theme === "whales" || theme === "storm" ? 0 : Math.floor(index / windowPace)
    const numbers = Array.from({ length: theme === "whales" ? 4 : windowWidth }, (_, offset) => first + offset)
    const command = randomCommand({ random, theme, model, numbers }, now, stormAt)
    const repeated = random.chance(theme === "retries" ? 40 : 6) ? again(random, steps, command) : undefined
    const asked = repeated ?? { key: IdempotencyKey.make(`reference:${index}`), command }
    const step = { batch, ...asked, occasion: occasionOf(index, now, asked.command) }
    steps.push(step)
    answers.push(apply(model, step.key, step.command, step.occasion))
  }
  return { seed, theme, steps, answers, model }
}
