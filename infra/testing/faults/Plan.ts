/** What happens in a run, diced from its number: who takes over when, and which faults lie in wait where. */
import { type Dice, diceOf } from "../reference/Dice.ts"
import { type Fault, phases, sides, type Trap, wheres } from "./Trap.ts"

/** `race`: takeovers under load, nothing else fails. `mix`: any faults, on two writers. Others: the fault, once or more. */
const kinds = ["race", "pause", "cut", "answer", "late", "cut", "kill", "mix"] as const
export type Kind = (typeof kinds)[number]

export interface Plan {
  readonly kind: Kind
  readonly dice: Dice
  /** The traps of each writer, of which there are three; nothing ever stops the last. */
  readonly traps: readonly [ReadonlyArray<Trap>, ReadonlyArray<Trap>, ReadonlyArray<Trap>]
  /** After how many requests another writer takes over; twice the same number for two at once. */
  readonly takeovers: ReadonlyArray<number>
  readonly requests: number
  readonly inFlight: number
}

const trapOf = (dice: Dice, fault: Fault, more: Partial<Trap> = {}): Trap => ({
  fault,
  phase: dice.weighted({ append: 60, lookup: 25, takeover: 5, recovery: 5, startup: 5 }, "append"),
  from: dice.pick(sides),
  where: dice.pick(wheres),
  message: 1 + dice.below(7),
  skip: dice.below(8),
  strikesAll: dice.chance(30),
  ...more
})

/** Every place of a cut in turn: phase, side, and before, within or after the message. */
const cutTraps = (dice: Dice, number: number): ReadonlyArray<Trap> => {
  const phase = phases[number % phases.length] ?? "append"
  const from = sides[Math.floor(number / phases.length) % sides.length] ?? "writer"
  const where = wheres[Math.floor(number / (phases.length * sides.length)) % wheres.length] ?? "before"
  const isOnce = phase !== "append" && phase !== "lookup"
  const trap = trapOf(dice, "cut", { phase, from, where, skip: isOnce ? 0 : dice.below(8) })
  // A writer takes over anew only when it has lost a connection.
  const needsLoss = phase === "retake" || phase === "settling" || (phase === "startup" && dice.chance(50))
  const first = needsLoss ? [trapOf(dice, "cut", { phase: "append" })] : []
  const last = dice.chance(40) ? [trapOf(dice, "cut")] : []
  return [...first, trap, ...last]
}

/** Everything reaches the server, and its answer does not come back. */
const answerTrap = (dice: Dice): Trap => {
  const trap = trapOf(dice, dice.pick(["cut", "hole"]), { from: "server", where: dice.pick(["before", "within"]) })
  return dice.chance(20) ? { ...trap, phase: "takeover", skip: 0 } : { ...trap, phase: "append" }
}

const anyFault = (dice: Dice): Fault => dice.pick(["cut", "hole", "late", "pause", "kill"])

const trapsOf = (dice: Dice, kind: Kind, number: number): Plan["traps"] => {
  const few = (make: () => Trap): ReadonlyArray<Trap> => Array.from({ length: 1 + dice.below(2) }, make)
  switch (kind) {
    case "race":
      return [[], [], []]
    case "pause":
      return [few(() => trapOf(dice, "pause")), dice.chance(50) ? [trapOf(dice, "pause")] : [], []]
    case "cut":
      return [cutTraps(dice, number), [], []]
    case "answer":
      return [few(() => answerTrap(dice)), [], []]
    case "late":
      return [few(() => trapOf(dice, "late", { phase: "append", from: "writer" })), [], []]
    case "kill":
      return [[trapOf(dice, "kill")], dice.chance(40) ? [trapOf(dice, "kill")] : [], []]
    case "mix": {
      const safe = () => trapOf(dice, dice.pick(["cut", "hole", "late"]))
      return [few(() => trapOf(dice, anyFault(dice))), few(() => trapOf(dice, anyFault(dice))), few(safe)]
    }
  }
}

const takeoversOf = (dice: Dice, kind: Kind, requests: number): ReadonlyArray<number> => {
  if (kind === "cut" || kind === "answer") return dice.chance(30) ? [dice.below(requests)] : []
  const at = Array.from({ length: kind === "race" ? 2 + dice.below(3) : 1 }, () => dice.below(requests))
  return kind === "race" && dice.chance(40) ? [...at, ...at.slice(0, 1)] : at
}

/** The plan of a run; the same for the same seed and number. */
export const planOf = (seed: number, run: number): Plan => {
  const dice = diceOf(Math.imul(seed, 0x9e3779b1) + run)
  const kind = kinds[run % kinds.length] ?? "mix"
  const requests = 30 + dice.below(50)
  // Two of the kinds are cuts: the number counts them through.
  const number = Math.floor(run / (kinds.length / 2))
  return {
    kind,
    dice,
    traps: trapsOf(dice, kind, number),
    takeovers: takeoversOf(dice, kind, requests),
    requests,
    inFlight: 4 + dice.below(24)
  }
}
