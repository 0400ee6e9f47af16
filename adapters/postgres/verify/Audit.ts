/**
 * Verifies the audit log from its stored rows, without any key: that entries follow one another without a gap, that each
 * hash is that of the row and the hash before it, that the head is the last of them, that searches find every entry, and
 * that a head which was kept elsewhere is still among them. It reads in pages and holds one at a time.
 */
import { Effect } from "effect"
import { AuditChain } from "../../../domain/identity/index.ts"
import { contentOf, entryColumns, sequenceOf } from "../audit/EntryRows.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { booleanOf, bytesOf, intOf, type Row, textOf } from "../Fields.ts"
import { type Pool, Postgres } from "../Postgres.ts"
import { type Finding, type Findings, findings } from "./Finding.ts"
import { nativeSha256 } from "./Sha256.ts"

/** What the audit log was found to be: how many entries it has, and the hash of the last. */
export interface AuditVerification {
  readonly findings: ReadonlyArray<Finding>
  readonly head: AuditChain.Head
}

/** Rows of a page at most, and bytes of what is encrypted in them, unless one row has more. */
const rowsMax = 500
const sizeMax = 8 * 2 ** 20

const existsSql = "select to_regclass('audit.head') is not null as exists"

const headSql = `select h.sequence, h.hash, (select coalesce(max(e.sequence), 0) from audit.entry e) as last
  from audit.head h`

const pageSql = `select ${entryColumns("e")}
  from (select *, sum(coalesce(octet_length(sealed), 0)) over (order by sequence) - coalesce(octet_length(sealed), 0)
      as size_before from audit.entry where sequence > $1 and sequence <= $2 order by sequence limit ${rowsMax}) e
  where e.size_before < ${sizeMax} order by e.sequence`

const objectsSql = `select e.sequence, count(distinct named.object) as named, count(distinct o.object) as found
  from audit.entry e cross join lateral unnest(e.objects) as named (object)
  left join audit.object o on o.object = named.object and o.sequence = e.sequence
  where e.sequence between $1 and $2 group by e.sequence order by e.sequence`

const objectCountSql = "select count(*) as count from audit.object where sequence <= $1"

// A page's objects are looked up one by one: another join would read the whole table for each page.
const settings = { jit: "off", enable_hashjoin: "off", enable_mergejoin: "off" } as const

// A bank may append meanwhile: then a span goes on beyond what was verified.
const spansSql = `with made as (
    select size.minutes, floor(extract(epoch from e.at) / (60 * size.minutes))::bigint as number,
        min(e.sequence) as first, max(e.sequence) as last
      from audit.entry e cross join (values (1), (60)) as size (minutes)
      where e.sequence <= $1 and isfinite(e.at) group by 1, 2)
  select minutes || '/' || number as place from made full join audit.span using (minutes, number)
  where made.first is null and span.first <= $1 or made.first is distinct from span.first and made.first is not null
    or made.last is distinct from span.last and span.last <= $1
  limit 10`

const detailOf = (reason: AuditChain.Fault["reason"]): string => {
  switch (reason) {
    case "out_of_place":
      return "does not follow the entry before it: one is missing"
    case "altered":
      return "its hash is not that of the row and the hash before it"
    case "not_the_kept":
      return "is not the entry whose hash was kept elsewhere"
    case "gone":
      return "is gone: its hash was kept elsewhere"
  }
}

const placeOf = (sequence: number): string => `audit entry ${sequence}`

const addFaults = (faults: ReadonlyArray<AuditChain.Fault>, found: Findings): void => {
  for (const { sequence, reason } of faults) found.add(placeOf(sequence), detailOf(reason))
}

/** The row's content, or what makes it unreadable. */
const readable = (row: Row): AuditChain.Content | string => {
  try {
    return contentOf(row)
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

const followRow = (
  head: AuditChain.Head,
  row: Row,
  kept: AuditChain.Head | undefined,
  found: Findings
): AuditChain.Head => {
  const link = { sequence: sequenceOf(row), hash: bytesOf(row, "hash") }
  const content = readable(row)
  if (typeof content === "string") {
    found.add(placeOf(link.sequence), content)
    return link
  }
  const followed = AuditChain.follow(head, [{ ...link, content }], nativeSha256, kept)
  addFaults(followed.faults, found)
  return followed.head
}

const compareObjects = Effect.fnUntraced(function* (pool: Pool, first: number, last: number, found: Findings) {
  let sum = 0
  for (const row of yield* pool.query(objectsSql, [first, last])) {
    const named = intOf(row, "named")
    sum += named
    if (intOf(row, "found") !== named) found.add(placeOf(sequenceOf(row)), "is not found by all of its objects")
  }
  return sum
})

const compareSearches = Effect.fnUntraced(function* (pool: Pool, last: number, named: number, found: Findings) {
  const [row] = yield* pool.query(objectCountSql, [last])
  const count = row === undefined ? 0 : intOf(row, "count")
  if (count !== named) found.add("audit.object", `has ${count} rows, the entries make it ${named}`)
  for (const span of yield* pool.query(spansSql, [last]))
    found.add(`audit.span ${textOf(span, "place")}`, "is not where the entries of that time lie")
})

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

const verifyLog = Effect.fnUntraced(function* (pool: Pool, kept: AuditChain.Head | undefined) {
  const found = findings()
  let head = AuditChain.empty
  const [is] = yield* pool.query(existsSql)
  if (is === undefined || !booleanOf(is, "exists")) {
    found.add("audit", "there is no audit log: the bank makes it when it is next started")
    return { findings: found.all(), head } satisfies AuditVerification
  }
  const [stored] = yield* pool.query(headSql)
  if (stored === undefined) {
    found.add("audit.head", "is missing")
    return { findings: found.all(), head } satisfies AuditVerification
  }
  const last = intOf(stored, "last")
  let named = 0
  while (!found.isFull()) {
    const rows = yield* pool.query(pageSql, [head.sequence, last])
    const [first] = rows
    if (first === undefined) break
    for (const row of rows) head = followRow(head, row, kept, found)
    named += yield* compareObjects(pool, sequenceOf(first), head.sequence, found)
  }
  if (!found.isFull()) {
    addFaults(AuditChain.ended(head, kept), found)
    yield* compareSearches(pool, last, named, found)
    const sequence = intOf(stored, "sequence")
    if (sequence !== head.sequence)
      found.add("audit.head", `counts ${sequence} entries, the log ends with entry ${head.sequence}`)
    else if (!same(bytesOf(stored, "hash"), head.hash))
      found.add("audit.head", "keeps another hash than that of the last entry")
  }
  return { findings: found.all(), head } satisfies AuditVerification
})

/** Verifies the audit log, and that it goes on from a head that was kept elsewhere. A bank may append meanwhile. */
export const verifyAudit = (kept?: AuditChain.Head): Effect.Effect<AuditVerification, PostgresUnavailable, Postgres> =>
  Effect.scoped(
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const pool = yield* postgres.pool({ name: "verify audit", connectionsMax: 1, statementTimeoutMs: 0, settings })
      return yield* verifyLog(pool, kept)
    })
  )
