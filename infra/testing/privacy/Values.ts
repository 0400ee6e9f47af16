/** What must not be readable anywhere: every value that a run has seeded or been given, by the field that it is of. */

/** A value to look for. The field is told where it is found; the value never is. */
export interface Secret {
  readonly field: string
  readonly value: string
  /** Whether who guesses the value could check the guess by an unkeyed hash: those are looked for as well. */
  readonly isGuessable: boolean
}

/** Characters that a value must have at least: shorter ones are found by chance. */
export const valueLengthMin = 8

/** Collects values while a run goes on; the same value counts once, by the first field that it was of. */
export const collection = () => {
  const secrets = new Map<string, Secret>()
  const add = (field: string, value: string, isGuessable: boolean): void => {
    if (value.length < valueLengthMin) throw new RangeError(`${field} is too short to be looked for`)
    if (!secrets.has(value)) secrets.set(value, { field, value, isGuessable })
  }
  return {
    /** What people choose or are: could be guessed. */
    personal: <A extends string>(field: string, value: A): A => {
      add(field, value, true)
      return value
    },
    /** What the bank has made at random. */
    random: <A extends string>(field: string, value: A): A => {
      add(field, value, false)
      return value
    },
    all: (): ReadonlyArray<Secret> => [...secrets.values()],
    /** How many fields the values are of. */
    fields: (): number => new Set([...secrets.values()].map(({ field }) => field)).size
  }
}

export type Collection = ReturnType<typeof collection>
