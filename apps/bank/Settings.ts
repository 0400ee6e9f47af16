import { Config, Effect, Option, Result, Schema } from "effect"
import { AccountNumber, Iban } from "../../domain/accounts/index.ts"
import { bounded, Port } from "./Bounded.ts"
import { documentedIdentity, identityFromEnvironment } from "./IdentitySettings.ts"
import { unfitForProduction } from "./Production.ts"

const DatabaseUrl = Schema.String.check(
  Schema.isPattern(/^postgres(ql)?:\/\/\S+$/u, {
    message: "Expected a URL such as postgres://user:password@host:5432/bank"
  })
)

const Token = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e]{16,}$/u, { message: "Expected 16 or more visible ASCII characters" })
)

const SigningKey = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/u, { message: "Expected 64 lower-case hexadecimal digits: 32 secret random bytes" })
)

/** A setting cannot be used; the message names it and says what was expected. */
export class InvalidSetting extends Schema.TaggedError<InvalidSetting>()("InvalidSetting", {
  setting: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.setting}: ${this.expected}`
  }
}

/** A setting of the bank: what it is for, as `--help` and the README list it. */
export interface Setting {
  readonly name: string
  readonly meaning: string
}

/** Every setting, in the order in which they are explained. */
export const documented: ReadonlyArray<Setting> = [
  {
    name: "BANK_MODE",
    meaning: "development, or production, which starts with real keys and servers only (development)"
  },
  { name: "BANK_HOST", meaning: "address to listen on (127.0.0.1)" },
  { name: "BANK_REST_PORT", meaning: "port of the REST API and its docs (8080)" },
  { name: "BANK_RPC_PORT", meaning: "port of Connect, gRPC and gRPC-Web (9090)" },
  { name: "DATABASE_URL", meaning: "PostgreSQL to use (an embedded one is started when it is not set)" },
  { name: "BANK_DATA_DIR", meaning: "where the embedded PostgreSQL and the development token are kept" },
  { name: "BANK_TOKEN", meaning: "development token that the edges accept (made and kept when it is not set)" },
  {
    name: "BANK_SIGNING_KEY",
    meaning:
      "Ed25519 secret key of the tree heads, 64 hexadecimal digits (made, and kept in the data directory, when not set)"
  },
  { name: "BANK_DEMO", meaning: "whether demo users and accounts are made (true in development)" },
  { name: "BANK_IBAN_COUNTRY", meaning: "country of the bank's IBANs: DE or GB (DE)" },
  { name: "BANK_IBAN_BANK_CODE", meaning: "bank code inside the IBANs (10020030)" },
  { name: "BANK_REQUESTS_PER_SECOND", meaning: "rate limit of one caller, counted over ten seconds (1000)" },
  ...documentedIdentity
]

/** What a start of the bank is told from outside. */
const fromEnvironment = Config.all({
  mode: Config.Literals(["development", "production"], "BANK_MODE").pipe(Config.withDefault("development")),
  host: Config.NonEmptyString("BANK_HOST").pipe(Config.withDefault("127.0.0.1")),
  restPort: Config.schema(Port, "BANK_REST_PORT").pipe(Config.withDefault(8080)),
  rpcPort: Config.schema(Port, "BANK_RPC_PORT").pipe(Config.withDefault(9090)),
  databaseUrl: Config.option(Config.schema(DatabaseUrl, "DATABASE_URL")),
  dataDir: Config.option(Config.NonEmptyString("BANK_DATA_DIR")),
  token: Config.option(Config.schema(Token, "BANK_TOKEN")),
  signingKey: Config.option(Config.schema(SigningKey, "BANK_SIGNING_KEY")),
  demo: Config.option(Config.Boolean("BANK_DEMO")),
  ibanCountry: Config.Literals(["DE", "GB"], "BANK_IBAN_COUNTRY").pipe(Config.withDefault("DE")),
  ibanBankCode: Config.NonEmptyString("BANK_IBAN_BANK_CODE").pipe(Config.withDefault("10020030")),
  requestsPerSecond: Config.schema(bounded(1, 100_000_000), "BANK_REQUESTS_PER_SECOND").pipe(Config.withDefault(1000)),
  identity: identityFromEnvironment
})
type Read = Config.Success<typeof fromEnvironment>

/** The settings of a start. */
export type Settings = Omit<Read, "demo"> & { readonly demo: boolean }

/** How the bank's IBANs name it. */
export const identityOf = (from: Settings): Iban.BankIdentity => ({
  country: from.ibanCountry,
  bankCode: from.ibanBankCode
})

const invalid = (error: Config.ConfigError): InvalidSetting => {
  const [expected = "", at = ""] = error.cause.message.replace(/^SchemaError\(([\s\S]*)\)$/u, "$1").split(/\n\s*at /u)
  return new InvalidSetting({ setting: at.replace(/[[\]"]/gu, "") || "settings", expected })
}

/** The settings, each valid, and all of them together. Errors: InvalidSetting, for the first that is not. */
export const settings: Effect.Effect<Settings, InvalidSetting> = Effect.gen(function* () {
  const read = yield* fromEnvironment
  const from: Settings = { ...read, demo: Option.getOrElse(read.demo, () => read.mode === "development") }
  const sample = Result.flatMap(AccountNumber.fromSequence(0n), (number) => Iban.fromNumber(identityOf(from), number))
  if (Result.isFailure(sample))
    return yield* new InvalidSetting({
      setting: "BANK_IBAN_BANK_CODE",
      expected: `Expected a bank code of ${from.ibanCountry}, such as ${from.ibanCountry === "DE" ? "10020030" : "BANK102030"}`
    })
  const unfit = from.mode === "production" ? unfitForProduction(from) : undefined
  return unfit === undefined ? from : yield* new InvalidSetting(unfit)
}).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(invalid(error))))
