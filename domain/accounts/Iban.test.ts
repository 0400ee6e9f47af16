import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as AccountNumber from "./AccountNumber.ts"
import * as Iban from "./Iban.ts"
import { bbanStructures } from "./IbanRegistry.ts"

// The registry's own example of each country, and so an independent check of structure and check digits.
const examples = [
  "AD1200012030200359100100",
  "AE070331234567890123456",
  "AL47212110090000000235698741",
  "AT611904300234573201",
  "AZ21NABZ00000000137010001944",
  "BA391290079401028494",
  "BE68539007547034",
  "BG80BNBG96611020345678",
  "BH67BMAG00001299123456",
  "BR1800360305000010009795493C1",
  "CH9300762011623852957",
  "CR05015202001026284066",
  "CY17002001280000001200527600",
  "CZ6508000000192000145399",
  "DE89370400440532013000",
  "DK5000400440116243",
  "DO28BAGR00000001212453611324",
  "EE382200221020145685",
  "ES9121000418450200051332",
  "FI2112345600000785",
  "FO6264600001631634",
  "FR1420041010050500013M02606",
  "GB29NWBK60161331926819",
  "GB82WEST12345698765432",
  "GE29NB0000000101904917",
  "GI75NWBK000000007099453",
  "GL8964710001000206",
  "GR1601101250000000012300695",
  "GT82TRAJ01020000001210029690",
  "HR1210010051863000160",
  "HU42117730161111101800000000",
  "IE29AIBK93115212345678",
  "IL620108000000099999999",
  "IS140159260076545510730339",
  "IT60X0542811101000000123456",
  "JO94CBJO0010000000000131000302",
  "KW81CBKU0000000000001234560101",
  "KZ86125KZT5004100100",
  "LB62099900000001001901229114",
  "LI21088100002324013AA",
  "LT121000011101001000",
  "LU280019400644750000",
  "LV80BANK0000435195001",
  "MC5811222000010123456789030",
  "MD24AG000225100013104168",
  "ME25505000012345678951",
  "MK07250120000058984",
  "MR1300020001010000123456753",
  "MT84MALT011000012345MTLCAST001S",
  "MU17BOMM0101101030300200000MUR",
  "NL91ABNA0417164300",
  "NO9386011117947",
  "PK36SCBL0000001123456702",
  "PL61109010140000071219812874",
  "PS92PALS000000000400123456702",
  "PT50000201231234567890154",
  "QA58DOHB00001234567890ABCDEFG",
  "RO49AAAA1B31007593840000",
  "RS35260005601001611379",
  "SA0380000000608010167519",
  "SE4550000000058398257466",
  "SI56263300012039086",
  "SK3112000000198742637541",
  "SM86U0322509800000000270100",
  "TN5910006035183598478831",
  "TR330006100519786457841326",
  "UA213223130000026007233566001",
  "VA59001123000012345678",
  "VG96VPVG0000012345678901",
  "XK051212012345678906"
]

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const digit = fc.constantFrom(..."0123456789")
const letter = fc.constantFrom(...letters)
const kinds: Readonly<Record<string, fc.Arbitrary<string>>> = { n: digit, a: letter, c: fc.oneof(digit, letter) }

/** Country and BBAN, drawn from the registry's notation. */
const countryAndBban = fc
  .constantFrom(...Object.entries(bbanStructures))
  .chain(([country, notation]) =>
    fc
      .tuple(
        ...[...notation.matchAll(/(\d+)!([nac])/g)].map(([, count, kind]) =>
          fc.string({ unit: kinds[kind ?? ""] ?? digit, minLength: Number(count), maxLength: Number(count) })
        )
      )
      .map((fields) => [country, fields.join("")] as const)
  )

const ibans = countryAndBban.map(([country, bban]) => Result.getOrThrow(Iban.make(country, bban)))

const reasonOf = (result: Result.Result<unknown, Iban.InvalidIban | Iban.UnsupportedCountry>) =>
  Result.isSuccess(result)
    ? "valid"
    : result.failure._tag === "InvalidIban"
      ? result.failure.reason
      : result.failure._tag

const decodeMessage = (input: unknown): string =>
  Result.match(Schema.decodeUnknownResult(Iban.Iban)(input, { errors: "all" }), {
    onFailure: (error) => error.message,
    onSuccess: () => "valid"
  })

describe("Iban", () => {
  test("accepts the registry's example of each country", () => {
    for (const example of examples) {
      assert.equal(reasonOf(Iban.parse(example)), "valid", example)
      assert.equal(Result.getOrThrow(Iban.make(example.slice(0, 2), example.slice(4))), example)
    }
  })

  test("the registry has 89 countries, each with a well-formed structure of 15 to 33 characters", () => {
    assert.equal(Iban.countries.length, 89)
    for (const [country, structure] of Object.entries(bbanStructures)) {
      assert.match(structure, /^([1-9]\d?![nac])+$/, country)
      const length = [...structure.matchAll(/(\d+)!/g)].reduce((sum, [, count]) => sum + Number(count), 4)
      assert.ok(length >= 15 && length <= 33, `${country} ${length}`)
    }
  })

  test("parses what people type: spaces and lower case", () => {
    assert.equal(Result.getOrThrow(Iban.parse(" gb82 west 1234 5698 7654 32 ")), "GB82WEST12345698765432")
  })

  test("prints in groups of four", () => {
    assert.equal(Iban.print(Result.getOrThrow(Iban.parse("DE89370400440532013000"))), "DE89 3704 0044 0532 0130 00")
    assert.equal(Iban.print(Result.getOrThrow(Iban.parse("BE68539007547034"))), "BE68 5390 0754 7034")
  })

  test("tells its country and its basic bank account number", () => {
    const iban = Result.getOrThrow(Iban.parse("GB82WEST12345698765432"))
    assert.equal(Iban.country(iban), "GB")
    assert.equal(Iban.bban(iban), "WEST12345698765432")
  })

  test("says why a text is no IBAN, in the order country, length, structure, check digits", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "unknownCountry"],
      ["ZZ", "unknownCountry"],
      ["US82WEST12345698765432", "unknownCountry"],
      ["DE", "wrongLength"],
      ["DE8937040044053201300", "wrongLength"],
      ["DE893704004405320130000", "wrongLength"],
      ["DEXX370400440532013000", "wrongStructure"],
      ["DE8937040044053201300A", "wrongStructure"],
      ["GB82WE5T12345698765432", "wrongStructure"],
      ["DE89３70400440532013000", "wrongStructure"],
      ["GB82WEßT1234569876543", "wrongLength"],
      ["DE88370400440532013000", "wrongCheckDigits"]
    ]
    for (const [text, reason] of cases) assert.equal(reasonOf(Iban.parse(text)), reason, text)
  })

  test("letters that upper case to several characters are not normalized into an IBAN", () => {
    assert.equal(reasonOf(Iban.parse("GB00WEßT12345698765432")), "wrongStructure")
  })

  test("refuses the check digits 00, 01 and 99, which ISO 7064 never gives", () => {
    fc.assert(
      fc.property(ibans, (iban) => {
        const alternative = new Map([
          ["97", "00"],
          ["98", "01"],
          ["02", "99"]
        ]).get(iban.slice(2, 4))
        fc.pre(alternative !== undefined)
        assert.equal(reasonOf(Iban.parse(iban.slice(0, 2) + alternative + iban.slice(4))), "wrongCheckDigits")
      }),
      { numRuns: 30, maxSkipsPerRun: 1000 }
    )
  })

  test("the schema takes only the electronic form and its message says why", () => {
    assert.equal(decodeMessage("GB82WEST12345698765432"), "valid")
    assert.equal(decodeMessage("GB82 WEST 1234 5698 7654 32"), "an IBAN of GB has 22 characters, not 27")
    assert.equal(decodeMessage("US82WEST12345698765432"), 'no IBAN country code: "US"')
    assert.equal(decodeMessage("DE88370400440532013000"), "the check digits 88 do not match the rest of the IBAN")
    assert.equal(
      decodeMessage("DE8937040044053201300A"),
      "an IBAN of DE has the structure DE2!n8!n10!n (n digits, a letters, c either)"
    )
  })

  test("make refuses another country's BBAN by reason", () => {
    assert.equal(reasonOf(Iban.make("US", "1")), "unknownCountry")
    assert.equal(reasonOf(Iban.make("DE", "1")), "wrongLength")
    assert.equal(reasonOf(Iban.make("DE", "37040044053201300A")), "wrongStructure")
    assert.equal(reasonOf(Iban.make("DE", "37040044053201300-")), "wrongStructure")
  })

  test("INV-18: an IBAN made of any country's BBAN parses, printed or not, and decodes", () => {
    fc.assert(
      fc.property(countryAndBban, ([country, bban]) => {
        const iban = Result.getOrThrow(Iban.make(country, bban))
        assert.equal(Iban.country(iban), country)
        assert.equal(Iban.bban(iban), bban)
        assert.equal(Result.getOrThrow(Iban.parse(Iban.print(iban).toLowerCase())), iban)
        assert.equal(decodeMessage(iban), "valid")
      })
    )
  })

  test("INV-18: detects every substitution of one digit by another digit, or one letter by another letter", () => {
    fc.assert(
      fc.property(ibans, (iban) => {
        for (let at = 2; at < iban.length; at++) {
          const original = iban.charAt(at)
          for (const other of /[0-9]/.test(original) ? "0123456789" : letters) {
            if (other === original) continue
            const changed = iban.slice(0, at) + other + iban.slice(at + 1)
            assert.equal(reasonOf(Iban.parse(changed)), "wrongCheckDigits", changed)
          }
        }
      }),
      { numRuns: 50 }
    )
  })

  test("INV-18: detects every transposition of two different adjacent digits", () => {
    fc.assert(
      fc.property(ibans, (iban) => {
        for (let at = 2; at + 1 < iban.length; at++) {
          const [one, two] = [iban.charAt(at), iban.charAt(at + 1)]
          if (one === two || !/^[0-9]{2}$/.test(one + two)) continue
          const changed = iban.slice(0, at) + two + one + iban.slice(at + 2)
          assert.equal(reasonOf(Iban.parse(changed)), "wrongCheckDigits", changed)
        }
      })
    )
  })
})

describe("Iban.fromNumber", () => {
  const number = (sequence: bigint) => Result.getOrThrow(AccountNumber.fromSequence(sequence))
  const sequences = (max: bigint) => fc.bigInt({ min: 0n, max })

  test("a German IBAN ends in the whole account number", () => {
    fc.assert(
      fc.property(sequences(AccountNumber.sequenceMax), (sequence) => {
        const iban = Result.getOrThrow(Iban.fromNumber({ country: "DE", bankCode: "50010517" }, number(sequence)))
        assert.equal(Iban.bban(iban), `50010517${number(sequence)}`)
        assert.equal(reasonOf(Iban.parse(iban)), "valid")
      })
    )
  })

  test("a British IBAN ends in the number's last 8 digits, for numbers that have no more", () => {
    fc.assert(
      fc.property(sequences(9_999_999n), (sequence) => {
        const iban = Result.getOrThrow(Iban.fromNumber({ country: "GB", bankCode: "GOPH040004" }, number(sequence)))
        assert.equal(Iban.bban(iban), `GOPH040004${number(sequence).slice(2)}`)
        assert.equal(`00${iban.slice(-8)}`, number(sequence))
      })
    )
    const tooLong = Iban.fromNumber({ country: "GB", bankCode: "GOPH040004" }, number(10_000_000n))
    assert.equal(reasonOf(tooLong), "wrongLength")
  })

  test("refuses an unsupported country, then a bank code of wrong length, then of wrong structure", () => {
    assert.equal(reasonOf(Iban.fromNumber({ country: "FR", bankCode: "" }, number(1n))), "UnsupportedCountry")
    assert.equal(reasonOf(Iban.fromNumber({ country: "DE", bankCode: "A" }, number(1n))), "wrongLength")
    assert.equal(reasonOf(Iban.fromNumber({ country: "DE", bankCode: "5001051A" }, number(1n))), "wrongStructure")
  })
})
