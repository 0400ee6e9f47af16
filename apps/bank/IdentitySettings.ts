/** The settings of logins, tokens and personal data. */
import { Config, Schema } from "effect"
import { Policy, TenantId } from "../../domain/identity/index.ts"
import { bounded, Port } from "./Bounded.ts"
import type { Setting } from "./Settings.ts"

const Url = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s/?#]+(:\d+)?$/u, {
    message: "Expected an address such as https://login.bank.example, without a path"
  })
)

const Callback = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/u, {
    message: "Expected an address such as https://app.bank.example/federated, without a query"
  })
)

const SmtpUrl = Schema.String.check(
  Schema.isPattern(/^smtps?:\/\/\S+$/u, { message: "Expected a URL such as smtps://user:password@host:465" })
)

const CookieKeys = Schema.String.check(
  Schema.isPattern(/^[\x21-\x2b\x2d-\x7e]{32,}(,[\x21-\x2b\x2d-\x7e]{32,})*$/u, {
    message: "Expected one or more keys of 32 or more characters, with commas between them"
  })
)

const isPossible = (name: string): name is Policy.Operation => Policy.fourEyes.possible.some((each) => each === name)

const FourEyes = Schema.String.check(
  Schema.makeFilter((text: string) =>
    text === "none" || text.split(",").every(isPossible)
      ? undefined
      : `Expected none, or some of ${Policy.fourEyes.possible.join(", ")} with commas between them`
  )
)

/** The operations that a setting of the kind names. */
export const operationsIn = (text: string): ReadonlySet<Policy.Operation> => new Set(text.split(",").filter(isPossible))

/** An identity provider at which users log in, as the setting lists it. */
export const FederatedProvider = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,32}$/u)),
  title: Schema.NonEmptyString,
  issuer: Schema.NonEmptyString,
  clientId: Schema.NonEmptyString,
  clientSecret: Schema.optionalKey(Schema.NonEmptyString)
})

/** Every one of these settings, in the order in which they are explained. */
export const documentedIdentity: ReadonlyArray<Setting> = [
  { name: "BANK_TENANT", meaning: "which bank this is among those of the database (bank)" },
  { name: "BANK_AUTH_PORT", meaning: "port of the login pages and of OAuth 2 and OpenID Connect (8081)" },
  { name: "BANK_ISSUER", meaning: "where browsers reach that port; the issuer of tokens (http://localhost:8081)" },
  { name: "BANK_PUBLIC_URL", meaning: "where the world reaches the REST API (as it is asked for)" },
  {
    name: "BANK_MASTER_KEYS",
    meaning: "file of the master keys that wrap the keys of personal data (in the data directory)"
  },
  {
    name: "BANK_KMS_KEY",
    meaning: "AWS KMS key that wraps them instead; region and credentials as the AWS SDK finds them"
  },
  { name: "BANK_COOKIE_KEYS", meaning: "keys that sign the cookies of the login pages, newest first (made and kept)" },
  {
    name: "BANK_SMTP_URL",
    meaning: "server that mail is sent by (written to files in the data directory when not set)"
  },
  { name: "BANK_MAIL_FROM", meaning: "sender of mail (Gophers Bank <no-reply@localhost>)" },
  {
    name: "BANK_BREACHED_PASSWORDS",
    meaning: "file of breached passwords' SHA-1 digests, sorted, as HIBP gives it out"
  },
  {
    name: "BANK_IDENTITY_PROVIDERS",
    meaning: "other providers to log in with, as JSON [{name,title,issuer,clientId,clientSecret}]"
  },
  {
    name: "BANK_FEDERATION_CALLBACK",
    meaning:
      "address of an app that begins such logins by the API; browsers come back to /<name> below it (the issuer's)"
  },
  {
    name: "BANK_FOUR_EYES",
    meaning: `operations that a second person approves, or none (${Policy.fourEyes.usual.join(",")})`
  },
  {
    name: "BANK_SELF_SERVICE_CASH",
    meaning: "whether customers pay cash in and out by themselves (true in development)"
  },
  { name: "BANK_STEP_UP_ABOVE", meaning: "whole units of a currency above which a second factor is needed (1000)" },
  { name: "BANK_TRUSTED_PROXIES", meaning: "proxies in front that add to X-Forwarded-For (0)" },
  { name: "BANK_ADMIN_EMAIL", meaning: "address of the first administrator, who is made when there is none" },
  { name: "BANK_ADMIN_PASSWORD", meaning: "that administrator's first password" }
]

/** What the environment says of logins, tokens and personal data. */
export const identityFromEnvironment = Config.all({
  tenant: Config.schema(TenantId, "BANK_TENANT").pipe(Config.withDefault(TenantId.make("bank"))),
  authPort: Config.schema(Port, "BANK_AUTH_PORT").pipe(Config.withDefault(8081)),
  issuer: Config.option(Config.schema(Url, "BANK_ISSUER")),
  publicUrl: Config.option(Config.schema(Url, "BANK_PUBLIC_URL")),
  masterKeys: Config.option(Config.NonEmptyString("BANK_MASTER_KEYS")),
  kmsKey: Config.option(Config.NonEmptyString("BANK_KMS_KEY")),
  cookieKeys: Config.option(Config.schema(CookieKeys, "BANK_COOKIE_KEYS")),
  smtpUrl: Config.option(Config.schema(SmtpUrl, "BANK_SMTP_URL")),
  mailFrom: Config.NonEmptyString("BANK_MAIL_FROM").pipe(Config.withDefault("Gophers Bank <no-reply@localhost>")),
  breachedPasswords: Config.option(Config.NonEmptyString("BANK_BREACHED_PASSWORDS")),
  providers: Config.schema(Schema.fromJsonString(Schema.Array(FederatedProvider)), "BANK_IDENTITY_PROVIDERS").pipe(
    Config.withDefault([])
  ),
  federationCallback: Config.option(Config.schema(Callback, "BANK_FEDERATION_CALLBACK")),
  fourEyes: Config.schema(FourEyes, "BANK_FOUR_EYES").pipe(Config.withDefault(Policy.fourEyes.usual.join(","))),
  selfServiceCash: Config.option(Config.Boolean("BANK_SELF_SERVICE_CASH")),
  stepUpAbove: Config.schema(bounded(0, 999_999_999), "BANK_STEP_UP_ABOVE").pipe(Config.withDefault(1000)),
  trustedProxies: Config.schema(bounded(0, 10), "BANK_TRUSTED_PROXIES").pipe(Config.withDefault(0)),
  adminEmail: Config.option(Config.NonEmptyString("BANK_ADMIN_EMAIL")),
  adminPassword: Config.option(Config.NonEmptyString("BANK_ADMIN_PASSWORD"))
})
