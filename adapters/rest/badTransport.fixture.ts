/** Bad requests as data: bodies that are no JSON, wrong headers, wrong addresses. */
import { type BadInput, type Body, type Existing, hostile, ids, show, usd } from "./badValues.fixture.ts"

const raws: ReadonlyArray<readonly [string | Uint8Array<ArrayBuffer>, string]> = [
  ...[
    "{",
    "}",
    "[1,",
    "[]",
    '"x"',
    "5",
    "null",
    "true",
    "nul",
    "x",
    "'",
    "a=1&b=2",
    "<a/>",
    "undefined",
    "NaN",
    "{a:1}",
    "{,}",
    "{/**/}"
  ].map((raw) => [raw, raw === "[1," ? "1" : "body"] as const),
  ...[
    ":",
    ":1",
    ":}",
    ":1,}",
    ":01}",
    ":+1}",
    ":.5}",
    ":1.}",
    ":1e}",
    ":NaN}",
    ":Infinity}",
    ":-}",
    ":0x1}",
    ":tru}",
    ":TRUE}"
  ].map((rest) => [`{"a"${rest}`, rest === ":1,}" ? "body" : "a"] as const),
  ...[
    '"\\x41"}',
    '"\\u12"}',
    '"\\ud800"}',
    '"a\nb"}',
    '"a\tb"}',
    '"open}',
    "'b'}",
    '1,"a":2}',
    '1,"\\u0061":2}',
    "1 2}",
    "[1,]}"
  ].map((rest) => [`{"a":${rest}`, "a"] as const),
  ['{"a":1}{"b":2}', "body"],
  ['{"a":1} x', "body"],
  ['\ufeff{"a":1}', "body"],
  ['{"a":1e999}', "a"],
  ['{"__proto__":{"amount":"1.00"}}', "__proto__"],
  ['{"amount":{"__proto__":1}}', "amount.__proto__"],
  ['{"amount":{"amount":"1.00","amount":"2.00"}}', "amount.amount"],
  ["[".repeat(33), "0"],
  ["[".repeat(500_000), "0"],
  ['{"a":'.repeat(40), "a"],
  [Uint8Array.of(0xff), "body"],
  [Uint8Array.of(0x22, 0xc0, 0x80, 0x22), "body"],
  [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), "body"],
  [Uint8Array.of(0x22, 0xe2, 0x82, 0x22), "body"],
  [Uint8Array.of(0x7b, 0x00, 0x7d, 0x00), "body"],
  [Uint8Array.of(0), "body"],
  [" ".repeat(1024 * 1024 + 1), "body"],
  [`{"description":"${"x".repeat(10 * 1024 * 1024)}"}`, "body"]
]

/** Bodies that are no JSON, too long, or no object. */
export const badBodies: ReadonlyArray<BadInput> = raws.map(([raw, field]) => ({
  name: `a body of ${typeof raw === "string" ? show(raw) : raw}`,
  method: "POST",
  path: "/v1/transfers",
  sending: { raw },
  field
}))

const header = (name: string, values: ReadonlyArray<string>, path: string, body: Body, method = "POST") =>
  values.map((value) => ({
    name: `${method} ${path} with ${name}: ${value.slice(0, 40)}`,
    method,
    path,
    sending: { body, headers: { [name]: value } },
    field: name
  }))

/** Wrong headers on requests that are right otherwise. */
export const badHeaders = ({ from, to }: Existing): ReadonlyArray<BadInput> => {
  const transfer = { from, to, amount: usd }
  const utf = ["utf-16", "iso-8859-1", "utf-7", "us-ascii", "utf-8; x=y", '"utf-8', ""]
  const types = [
    "",
    "text/plain",
    "application/xml",
    "text/json",
    "application/jsonp",
    "application/json+x",
    "multipart/form-data"
  ]
  const more = [
    "application/x-www-form-urlencoded",
    "application/json, application/json",
    "application/json; version=1",
    "json",
    "*/*"
  ]
  return [
    ...header(
      "Content-Type",
      [...types, ...more, ...utf.map((set) => `application/json; charset=${set}`)],
      "/v1/transfers",
      transfer
    ),
    ...header("Content-Encoding", ["gzip", "br", "deflate", "x"], "/v1/transfers", transfer),
    ...header("Idempotency-Key", ["", "a b", "é", "a\tb", "x".repeat(256), "ÿ"], "/v1/transfers", transfer),
    ...header(
      "Accept",
      ["text/html", "text/csv", "application/xml", "application/json;q=0", "x", ";"],
      "/v1/transfers",
      transfer
    ),
    ...header(
      "Authorization",
      ["", "ann", "Basic ann", "Bearer", "Bearer ", "Bearer a b", "Bearer ann,bob", "Bearer é"],
      "/v1/transfers",
      transfer
    ),
    ...header(
      "If-Match",
      ["", "1", '"1', "'1'", '"1","2"', "**", 'W"1"', 'w/"1"', '"', '"-1"', '"1.0"', 'W/"1"', '"999"'],
      `/v1/accounts/${from}`,
      { name: "x" },
      "PATCH"
    )
  ]
}

const read = (path: string, field: string): BadInput => ({
  name: `GET ${path.slice(0, 90)}`,
  method: "GET",
  path,
  sending: {},
  field
})

/** Wrong ids, periods, limits, cursors and parameters in addresses. */
export const badAddresses = ({ from }: Existing): ReadonlyArray<BadInput> => {
  const encoded = [...hostile.filter((text) => text !== "" && !/\p{Cs}/u.test(text)), ...ids].map(encodeURIComponent)
  const inPath = [
    ...encoded.filter((text) => text.length < 20_000),
    "%00",
    "%ff",
    "%",
    "%zz",
    "%c0%80",
    "%ed%a0%80",
    "acc_*"
  ]
  const periods = [
    "2026-13",
    "2026-00",
    "2026-1",
    "26-11",
    "2026-11-24",
    "2026",
    "now",
    "1899-12",
    "3000-01",
    "2026-11'",
    "%00",
    "2026%2F11"
  ]
  const limits = [
    "0",
    "201",
    "-1",
    "1.5",
    "1e2",
    "abc",
    "",
    "%20",
    "9".repeat(30),
    "0x10",
    "NaN",
    "١",
    "1%00",
    "null",
    "1;2",
    "+1"
  ]
  const cursors = [
    "",
    "x",
    "%00",
    "====",
    "bnVsbA",
    "MTphY2NvdW50czpudWxs",
    "MTphY2NvdW50czotMQ",
    "'--",
    "x".repeat(5000),
    "🐹"
  ]
  const entries = `/v1/accounts/${from}/transactions`
  return [
    ...inPath.map((id) => read(`/v1/accounts/${id}`, "account")),
    ...inPath.map((id) => read(`/v1/accounts/${id}/transactions`, "account")),
    ...inPath.map((id) => read(`/v1/transactions/${id}`, "transaction")),
    ...inPath.map((id) => read(`/v1/holds/${id}`, "hold")),
    ...inPath.map((id) => ({
      ...read(`/v1/accounts/${id}/deposits`, "account"),
      method: "POST",
      sending: { body: { amount: usd } }
    })),
    ...periods.map((period) => read(`/v1/accounts/${from}/statements/${period}`, "period")),
    ...["/v1/accounts", entries].flatMap((list) => [
      ...limits.map((limit) => read(`${list}?limit=${limit}`, "limit")),
      ...cursors.map((cursor) => read(`${list}?cursor=${cursor}`, "cursor")),
      ...["after", "offset", "Limit", "__proto__", "constructor", "account"].map((name) =>
        read(`${list}?${name}=1`, name)
      ),
      read(`${list}?limit=1&limit=2`, "limit"),
      read(`${list}?=1`, "query")
    ]),
    ...encoded.filter((id) => !id.startsWith("cus_")).map((owner) => read(`/v1/accounts?owner=${owner}`, "owner")),
    ...[
      ["side", "up"],
      ["side", ""],
      ["kinds", "gift"],
      ["kinds", ""],
      ["kinds", "transfer, deposit"],
      ["amountMinorMin", "1.5"],
      ["amountMinorMin", "-1"],
      ["amountMinorMax", "99999999999999999999"],
      ["valueDateFrom", "2026-02-30"],
      ["valueDateTo", "yesterday"],
      ["bookedFrom", "2026-11-24"],
      ["bookedBefore", ""],
      ["counterparty", "acc_1"],
      ["metadata", "run=1"]
    ].map(([name = "", value = ""]) => read(`${entries}?${name}=${encodeURIComponent(value)}`, name)),
    ...["metadata[]", "metadata[a b]", "metadata[__proto__ ]"].map((name) =>
      read(`${entries}?${encodeURIComponent(name)}=1`, "metadata")
    ),
    read(`${entries}?metadata[a]=1&metadata[a]=2`, "metadata[a]"),
    read(`/v1/accounts/${from}/balance`, "bookedAt"),
    read(`/v1/accounts/${from}/balance?bookedAt=2026-11-24T00:00:00Z&valueDate=2026-11-24`, "bookedAt"),
    read(`/v1/accounts/${from}/balance?bookedAt=now`, "bookedAt"),
    read(`/v1/accounts/${from}/balance?valueDate=2026-11-31`, "valueDate"),
    read(`/v1/accounts/${from}/balance?limit=1`, "limit"),
    read(`/v1/accounts/${from}/balance?valueDate=2026-11-30&after=1`, "after"),
    ...["-1", "x", "1.5", "9".repeat(16)].map((id) => ({
      ...read(`/v1/accounts/${from}/entries/stream`, "Last-Event-ID"),
      sending: { headers: { "Last-Event-ID": id } }
    })),
    ...["amount", "from", "limit"].map((name) => ({
      ...read(`/v1/transfers?${name}=1`, name),
      method: "POST",
      sending: { body: {} }
    }))
  ]
}
