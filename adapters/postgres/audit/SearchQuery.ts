/**
 * The statement of a search: each of its branches walks one index backward from where the page begins, and stops when the
 * page is full. A time becomes the number of an entry by the hours on its other side, which are few, and the minutes of its
 * own.
 */
import type { AuditQuery } from "../../../application/ports/AuditLog.ts"
import type { Parameter } from "../Postgres.ts"
import { entryColumns } from "./EntryRows.ts"

const millisPerMinute = 60_000
const minutesPerHour = 60
const millisPerHour = millisPerMinute * minutesPerHour

export interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<Parameter>
}

const actorColumns = ["actor", "user_id", "customer"]

export const searchStatement = (query: AuditQuery): Statement => {
  const { tenant, actor, operation, object, from, before, after, limit } = query
  const parameters: Array<Parameter> = []
  const bound = (value: Parameter, type: string): string => {
    parameters.push(value)
    return `$${parameters.length}::${type}`
  }
  const key = object === undefined ? "e.sequence" : "o.sequence"
  const wanted: Array<string> = []
  if (tenant !== undefined) wanted.push(`e.tenant = ${bound(tenant, "text")}`)
  if (operation !== undefined) wanted.push(`e.operation = ${bound(operation, "text")}`)
  if (object !== undefined) wanted.push(`o.object = ${bound(object, "text")}`)
  if (after !== undefined) wanted.push(`${key} < ${bound(after, "bigint")}`)
  // Entries of the time's own minute are on both sides of it.
  const spans = (at: number) => {
    const hour = Math.floor(at / millisPerHour)
    return {
      at: `${bound(new Date(at).toISOString(), "text")}::timestamptz`,
      hour,
      minute: Math.floor(at / millisPerMinute),
      hourFirst: hour * minutesPerHour,
      hourLast: hour * minutesPerHour + minutesPerHour - 1
    }
  }
  if (from !== undefined) {
    const { at, hour, minute, hourLast } = spans(from)
    wanted.push(
      `e.at >= ${at}`,
      `${key} >= least((select min(first) from audit.span where minutes = 60 and number > ${bound(hour, "bigint")}),
        (select min(first) from audit.span where minutes = 1 and number between ${bound(minute, "bigint")} and ${bound(hourLast, "bigint")}))`
    )
  }
  if (before !== undefined) {
    const { at, hour, minute, hourFirst } = spans(before)
    wanted.push(
      `e.at < ${at}`,
      `${key} <= greatest((select max(last) from audit.span where minutes = 60 and number < ${bound(hour, "bigint")}),
        (select max(last) from audit.span where minutes = 1 and number between ${bound(hourFirst, "bigint")} and ${bound(minute, "bigint")}))`
    )
  }
  const count = bound(limit, "bigint")
  const source = object === undefined ? "audit.entry e" : "audit.object o join audit.entry e on e.sequence = o.sequence"
  const branch = (condition: ReadonlyArray<string>): string => {
    const all = [...condition, ...wanted]
    const where = all.length === 0 ? "" : `where ${all.join(" and ")}`
    return `(select ${key} as sequence from ${source} ${where} order by ${key} desc limit ${count})`
  }
  const who = actor === undefined ? "" : bound(actor, "text")
  const is = (column: string): string => `e.${column} = ${who}`
  const branches =
    actor === undefined
      ? [branch([])]
      : object === undefined
        ? actorColumns.map((column) => branch([is(column)]))
        : [branch([`(${actorColumns.map(is).join(" or ")})`])]
  const text = `select ${entryColumns("e")} from audit.entry e
    join (select sequence from (${branches.join(" union ")}) as found order by sequence desc limit ${count}) as page
      on page.sequence = e.sequence
    order by e.sequence desc`
  return { text, parameters }
}
