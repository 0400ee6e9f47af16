import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect } from "effect"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { type CopyBinary, copyBinary } from "./CopyBinary.ts"
import { createDatabase } from "./fixture.ts"
import * as Postgres from "./Postgres.ts"

const uuids = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "0191AbCd-ef01-7234-8567-89abcdef0123"
]
const digits = uuids.map((uuid) => uuid.replaceAll("-", ""))
const long = "Überweisung 🐹 ".repeat(40)

/** A value as it is written, and as PostgreSQL prints it. */
type Value = readonly [put: (data: CopyBinary) => void, printed: string]

const types: ReadonlyArray<{ readonly type: string; readonly values: ReadonlyArray<Value> }> = [
  {
    type: "bool",
    values: [
      [({ bool }) => bool(true), "true"],
      [({ bool }) => bool(false), "false"]
    ]
  },
  { type: "int2", values: [-32_768, -1, 0, 32_767].map((value) => [({ int2 }) => int2(value), `${value}`]) },
  { type: "int4", values: [-(2 ** 31), -1, 0, 2 ** 31 - 1].map((value) => [({ int4 }) => int4(value), `${value}`]) },
  {
    type: "int8",
    values: [
      ...[
        Number.MIN_SAFE_INTEGER,
        -(2 ** 32),
        -(2 ** 32) - 1,
        -1,
        0,
        2 ** 31,
        2 ** 32 - 1,
        2 ** 32,
        Number.MAX_SAFE_INTEGER
      ],
      ...[-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n]
    ].map((value) => [({ int8 }) => int8(value), `${value}`])
  },
  {
    type: "uuid",
    values: [
      ...uuids.map((uuid, index): Value => [({ uuid: put }) => put(digits[index] ?? ""), uuid.toLowerCase()]),
      ...uuids.map((uuid): Value => [({ id }) => id(TypedId.fromUuid("acc", uuid)), uuid.toLowerCase()]),
      [({ bytes }) => bytes(Buffer.from(digits[2] ?? "", "hex")), uuids[2]?.toLowerCase() ?? ""]
    ]
  },
  {
    type: "bytea",
    values: [0, 1, 47, 48, 1000].map((length) => {
      const value = Uint8Array.from({ length }, (_, index) => 255 - (index % 256))
      return [({ bytes }) => bytes(value), `\\x${Buffer.from(value).toString("hex")}`]
    })
  },
  {
    type: "text",
    values: ["", "plain", "é", "ends in ü", "日本語 🐹", "x".repeat(47), "x".repeat(48), long, `a\tb\n"c'\\.`].map(
      (value) => [({ text }) => text(value), value]
    )
  },
  {
    type: "mood",
    values: [
      [({ text }) => text("happy"), "happy"],
      [({ text }) => text("größer"), "größer"]
    ]
  },
  { type: "json", values: [[({ text }) => text('{"a": [1, "é"]}'), '{"a": [1, "é"]}']] },
  {
    type: "timestamptz",
    values: [Instant.millisMin, -1, 0, 946_684_799_999, 946_684_800_001, 1_795_000_000_123, Instant.millisMax].map(
      (millis) => [({ timestamptz }) => timestamptz(Instant.fromMillis(millis)), new Date(millis).toISOString()]
    )
  },
  {
    type: "date",
    values: ["1900-01-01", "1999-12-31", "2000-01-01", "2000-01-01", "2024-02-29", "2999-12-31"].map((date) => [
      (data) => data.date(LocalDate.LocalDate.make(date)),
      date
    ])
  },
  {
    type: "uuid[]",
    values: [
      [({ uuids: put }) => put([]), "{}"],
      [({ uuids: put }) => put(digits), `{${uuids.join()}}`.toLowerCase()]
    ]
  },
  {
    type: "int8[]",
    values: [
      [({ int8s }) => int8s([]), "{}"],
      [({ int8s }) => int8s([1, -1n, 2n ** 63n - 1n]), "{1,-1,9223372036854775807}"],
      [({ int8s }) => int8s(Array.from({ length: 500 }, (_, index) => index)), `{${[...Array(500).keys()].join()}}`]
    ]
  }
]

/** Prints a stored value. */
const printed = (type: string): string =>
  type === "timestamptz" ? `to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : "value::text"

describe("the data of a binary copy", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  /** Stores rows of the columns in a table of its own, and reads the text of what is asked for in their order. */
  const stored = (columns: string, data: Uint8Array, asked: string): Promise<ReadonlyArray<unknown>> =>
    Effect.gen(function* () {
      const postgres = yield* Postgres.Postgres
      const channel = yield* postgres.channel({ name: "test" })
      const pool = yield* postgres.pool({ name: "test", connectionsMax: 1 })
      yield* channel.script(`drop table if exists stored; create table stored (place serial, ${columns})`)
      const names = columns.replaceAll(/ [^,]*/gu, "")
      yield* channel.script(`copy stored (${names}) from stdin binary`, [data])
      const rows = yield* pool.query(`select ${asked} as found from stored order by place`)
      return rows.map(({ found }) => found)
    }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url: database.url })), Effect.runPromise)

  before(async () => {
    const make = Effect.flatMap(Postgres.Postgres, (postgres) =>
      Effect.flatMap(postgres.channel({ name: "test" }), ({ script }) =>
        script("create type mood as enum ('happy', 'größer')")
      )
    )
    await Effect.runPromise(Effect.scoped(make).pipe(Effect.provide(Postgres.layer({ url: database.url }))))
  })

  for (const { type, values } of types)
    test(`brings values of ${type} and nulls as they are`, async () => {
      // The smallest room: it grows at any place.
      const data = copyBinary(1, 0)
      for (const [put] of values) {
        data.row()
        put(data)
        data.row()
        data.null()
      }
      assert.equal(data.rows(), 2 * values.length)
      const expected = values.flatMap(([, text]) => [text, null])
      assert.deepEqual(await stored(`value ${type}`, data.end(), printed(type)), expected)
    })

  test("brings rows of many columns, more than there was room for", async () => {
    const count = 3000
    const data = copyBinary(4, 100)
    for (let row = 0; row < count; row++) {
      data.row()
      data.int8(row)
      data.text(row % 7 === 0 ? long : `row ${row}`)
      data.uuid(digits[row % 3] ?? "")
      data.int8s(Array.from({ length: row % 5 }, () => row))
    }
    const asked = "number || ' ' || length(name) || ' ' || id || ' ' || cardinality(list)"
    const found = await stored("number int8,name text,id uuid,list int8[]", data.end(), asked)
    const expected = Array.from(
      { length: count },
      (_, row) =>
        // PostgreSQL counts code points.
        `${row} ${row % 7 === 0 ? [...long].length : `row ${row}`.length} ${(uuids[row % 3] ?? "").toLowerCase()} ${row % 5}`
    )
    assert.deepEqual(found, expected)
  })

  test("may have no rows", async () => {
    assert.deepEqual(await stored("value text", copyBinary(1, 0).end(), "value"), [])
  })

  test("refuses what is no value of the type, without telling it", () => {
    const refused: ReadonlyArray<(data: CopyBinary) => void> = [
      ({ int2 }) => int2(32_768),
      ({ int4 }) => int4(2 ** 31),
      ({ int8 }) => int8(2 ** 53),
      ({ int8 }) => int8(0.5),
      ({ int8 }) => int8(2n ** 63n),
      ({ int8 }) => int8(-(2n ** 63n) - 1n),
      ({ uuid }) => uuid("0123"),
      ({ uuid }) => uuid(`${digits[0]}0`),
      ({ uuid }) => uuid(`${digits[0]?.slice(0, 31)}g`),
      ({ uuid }) => uuid(`${digits[0]?.slice(0, 31)}é`),
      ({ uuids: put }) => put(["4711"])
    ]
    for (const put of refused) {
      const data = copyBinary(2, 0)
      data.row()
      assert.throws(() => put(data), /^RangeError: field 1 of a row is not an? (int2|int4|int8|UUID)$/u)
    }
  })

  test("refuses a row that has not as many fields as there are columns", () => {
    const [short, long, unended] = [copyBinary(2, 0), copyBinary(2, 0), copyBinary(2, 0)]
    for (const [data, fields] of [
      [short, 1],
      [long, 3],
      [unended, 1]
    ] as const) {
      data.row()
      for (let field = 0; field < fields; field++) data.null()
    }
    assert.throws(short.row, /a row of 2 fields has 1/u)
    assert.throws(long.row, /a row of 2 fields has 3/u)
    assert.throws(unended.end, /a row of 2 fields has 1/u)
  })
})
