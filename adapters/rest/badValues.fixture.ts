/** What a bad request is, and the bad values of every kind that we could think of. */
import type { Sending } from "./rest.fixture.ts"

/** What exists in the bank that is asked: two funded accounts, a hold of the first for the second, a transaction. */
export interface Existing {
  readonly from: string
  readonly to: string
  readonly hold: string
  readonly transaction: string
}

export interface BadInput {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly sending: Sending
  readonly field: string
}

export const usd = { amount: "1.00", currency: "USD" }
export const ulid = "01h455vb4pex5vsknk084sn02q"

export const notText: ReadonlyArray<unknown> = [5, -0.5, 1e308, true, false, null, [], ["x"], {}, { a: null }]
/** Text that belongs in no id, date, code or amount. */
export const hostile: ReadonlyArray<string> = [
  "",
  " ",
  "' OR '1'='1",
  "1'; DROP TABLE entries;--",
  '"); DELETE FROM accounts; --',
  "../../etc/passwd",
  "<script>alert(1)</script>",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the text that an attacker sends.
  "${jndi:ldap://x}",
  "a\u0000b",
  "\u202e1.00",
  "\ufeff1.00",
  "1\u200b00",
  "\ud800",
  "\udc00\ud800",
  "🐹",
  "null",
  "undefined",
  "x".repeat(100_000)
]
export const amounts: ReadonlyArray<unknown> = [
  ...[
    "0",
    "0.00",
    "-0",
    "-1.00",
    "+1.00",
    "1.",
    ".5",
    "01.00",
    "00",
    "1e3",
    "1E3",
    "1e-2",
    "NaN",
    "Infinity",
    "-Infinity"
  ],
  ...[
    "0x10",
    "0b1",
    "1,000.00",
    "1_000",
    "1 000",
    " 1.00",
    "1.00 ",
    "1.00\n",
    "\t1",
    "1.001",
    "1.000",
    "1.0.0",
    "--1.00"
  ],
  ...[
    "10000000000000.00",
    "9".repeat(20),
    "9".repeat(32),
    "9".repeat(33),
    `0.${"0".repeat(40)}1`,
    "$1.00",
    "1.00USD",
    "1/2"
  ],
  ...["١٢", "１.００", "1٫00", "−1.00", "²", "Ⅷ", "1.00\u0000", "½"],
  ...[12.34, 0, -1, 1e21, 5e-324]
]
export const currencies = [
  "usd",
  "Usd",
  "US",
  "USDD",
  "ZZZ",
  "BTC",
  "USD ",
  " USD",
  "ＵＳＤ",
  "UЅD",
  "U$D",
  "DEM",
  "840",
  "USD\u0000"
]
export const ids = [
  "acc_",
  ulid,
  `cus_${ulid}`,
  `acc_${ulid.toUpperCase()}`,
  `acc_${ulid} `,
  `acc_${ulid}0`,
  `аcc_${ulid}`,
  "acc_8".padEnd(30, "z")
]
export const dates = [
  "2026-02-30",
  "2026-13-01",
  "2026-00-10",
  "24-11-2026",
  "2026-11-24T00:00:00Z",
  "0000-00-00",
  "1899-12-31",
  "3000-01-01"
]
export const instants = [
  "tomorrow",
  "2026-11-24",
  "2026-11-24T25:00:00Z",
  "2026-11-31T00:00:00Z",
  "2027-01-01T00:00:00",
  "2020-01-01T00:00:00Z"
]
export const texts: ReadonlyArray<unknown> = [
  "x".repeat(141),
  "🐹".repeat(141),
  "a\u0000b",
  "a\nb",
  "a\u0085b",
  "\ud83d",
  ...notText
]
export const metadatas: ReadonlyArray<readonly [unknown, string]> = [
  ...[5, null, [], "x", true].map((value) => [value, "metadata"] as const),
  ...[1, null, { b: "c" }, ["x"], true, "x".repeat(501), "\u0000"].map(
    (value) => [{ a: value }, "metadata.a"] as const
  ),
  ...["bad key", "ключ", "a'b", "k".repeat(41), "a/b"].map((key) => [{ [key]: "x" }, `metadata.${key}`] as const),
  [{ "": "x" }, "metadata."],
  [Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, "x"])), "metadata"]
]
export const unknownFields = [
  "extra",
  "Amount",
  "amount ",
  "constructor",
  "toString",
  "hasOwnProperty",
  "_tag",
  "kind",
  "legs",
  "key"
]

/** A value as a test's name shows it. */
export const show = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 40)

/** A JSON object to send. */
export type Body = Readonly<Record<string, unknown>>
