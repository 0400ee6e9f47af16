/** Holds an edge to its rows of the access matrix, cell by cell. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Effect } from "effect"
import type { AuditEntry } from "../../application/ports/AuditLog.ts"
import { columns, type Expected, type Letter, lettersOf, outsiders, type Persona } from "./AccessMatrix.ts"
import { auditHead, auditSince, type Cast, newCast, stateOf, type Things, type WorldServices } from "./AccessWorld.ts"

/** What an edge answered. */
export interface Answered {
  /** Undefined for what is no outcome of the matrix: a request that is invalid proves nothing, nor does a bug. */
  readonly letter: Letter | undefined
  /** All of the answer that a client can tell from another, without what is of the request: its id and time. */
  readonly text: string
  /** Whether what was asked for was done. */
  readonly isDone: boolean
}

/** A row: what is asked for, and what must come of it. */
export interface Row {
  readonly name: string
  readonly expected: Expected
}

export interface AccessEdge<R extends Row> {
  readonly rows: ReadonlyArray<R>
  readonly run: <A>(effect: Effect.Effect<A, unknown, WorldServices>) => Promise<A>
  /** Asks for a row's request about these things, without a token where there is no caller. */
  readonly ask: (row: R, things: Things, persona: Persona, cast: Cast) => Promise<Answered>
}

const personas: ReadonlyArray<Persona> = [...columns, ...outsiders]
const objects = ["absent", "foreign", "own"] as const
type ObjectName = (typeof objects)[number]

/** Ids of the things give way to their names, so that two answers are equal where only ids are not. */
const nameless = (text: string, things: Things): string =>
  Object.entries(things).reduce((rest, [name, id]) => rest.replaceAll(String(id), `<${name}>`), text)

/** The outcomes that must be on the audit log, in words of which one must fit. */
const traceOf = (letter: Letter, { effect }: Expected, object: ObjectName, persona: Persona): RegExp => {
  if (effect === "unlogged" || letter === "1") return /^$/u
  // What is asked for by an approval is refused by its use case.
  if (letter === "3" || letter === "4") return /^(?:refused|attempted failed)$/u
  // Of an absent object whoever reaches any is told so by the use case, and in a stream by the answer to the item.
  if (letter === "0")
    return object === "absent"
      ? /^(?:refused|read|failed|attempted (?:failed|done)|refused refused)$/u
      : /^refused(?: refused)?$/u
  if (effect === "write") return /^attempted (?:done|failed)$/u
  return effect === "common" || (object === "own" && persona === "customer") ? /^$/u : /^read$/u
}

const inWords = (lines: ReadonlyArray<AuditEntry>): string => lines.map(({ outcome }) => outcome).join(" ")

/** How many cells were held against an edge. */
export const cellsOf = (rows: ReadonlyArray<Row>): number =>
  rows.reduce(
    (sum, { expected: { own, foreign, absent } }) =>
      sum + [own, foreign, absent].filter((text) => text !== undefined).length * personas.length,
    0
  )

/** A test for each row. */
export const accessContract = <R extends Row>({ rows, run, ask }: AccessEdge<R>): void => {
  for (const row of rows)
    test(`${row.name} is answered as the bank's rules say, whoever asks, of whatever there is`, async () => {
      const { expected } = row
      const cast = await run(newCast(expected.scope))
      const absentTexts = new Map<Persona, string>()
      let done = 0
      const cell = async (object: ObjectName, persona: Persona): Promise<string> => {
        const where = `${persona}, ${object}`
        const things = cast[object]
        // Where no token is needed, none is looked at.
        const actor = (expected.scope === "open" ? undefined : cast.callers.get(persona)?.id) ?? "anonymous"
        if (actor === "anonymous") await run(auditSince(0, actor))
        const [before, head] = [await run(stateOf(cast)), await run(auditHead)]
        const { letter, text, isDone } = await ask(row, things, persona, cast)
        if (letter === undefined) assert.fail(`${where}: ${text}`)
        const lines = await run(auditSince(head, actor))
        assert.match(inWords(lines), traceOf(letter, expected, object, persona), `${where}: the audit log`)
        if (letter !== "+" || expected.effect === "read" || expected.effect === "common")
          assert.equal(await run(stateOf(cast)), before, `${where}: what there is`)
        const told = nameless(text, things)
        if (object === "absent") absentTexts.set(persona, told)
        else if (letter === "0")
          assert.equal(told, absentTexts.get(persona), `${where}: not to be told from what is absent`)
        if (letter === "+" && isDone) done++
        return letter
      }
      const answered: Record<string, string> = {}
      for (const object of objects) {
        const text = expected[object]
        if (text === undefined) continue
        const letters: Array<string> = []
        for (const persona of personas) letters.push(await cell(object, persona))
        answered[object] = letters.join("")
      }
      const wanted = objects.flatMap((object) => {
        const text = expected[object]
        return text === undefined ? [] : [[object, lettersOf(expected, text)]]
      })
      assert.deepEqual(answered, Object.fromEntries(wanted))
      assert.ok(done > 0 || expected.isTrial === true || !expected.own.includes("+"), "someone who may does it")
    })
}
