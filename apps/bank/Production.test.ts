import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { ConfigProvider, Effect, Exit } from "effect"
import { settings } from "./Settings.ts"

const signingKey = "8d1f0b6c3a5e7942cc01fd36b85a9e74204be7d95c3f1a6881e2b07d94c6f35a"

const fit: Readonly<Record<string, string>> = {
  BANK_MODE: "production",
  DATABASE_URL: "postgres://bank@db.bank.example:5432/bank?sslmode=verify-full",
  BANK_SIGNING_KEY: signingKey,
  BANK_COOKIE_KEYS: "q7Jb3kX9vT2mWc8LhRz4NfYp6SdGa1Ue",
  BANK_ISSUER: "https://login.bank.example",
  BANK_PUBLIC_URL: "https://api.bank.example",
  BANK_SMTP_URL: "smtps://bank:secret@mail.bank.example:465",
  BANK_KMS_KEY: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

const started = (changes: Readonly<Record<string, string | undefined>>) => {
  const env = Object.fromEntries(
    Object.entries({ ...fit, ...changes }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )
  return Effect.runPromiseExit(
    Effect.provideService(settings, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
  )
}

const refusalOf = async (changes: Readonly<Record<string, string | undefined>>): Promise<string> => {
  const exit = await started(changes)
  assert.ok(Exit.isFailure(exit), "the start was not refused")
  const [reason] = exit.cause.reasons
  assert.ok(reason !== undefined && "error" in reason, String(exit.cause))
  return reason.error.message
}

describe("a bank in production", () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bank-production-"))
    await writeFile(join(folder, "signing-key"), `${signingKey}\n`)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test("starts with keys and servers of its own", async () => {
    const exit = await started({})
    assert.ok(Exit.isSuccess(exit), String(exit))
    assert.equal(exit.value.demo, false)
  })

  for (const setting of [
    "DATABASE_URL",
    "BANK_SIGNING_KEY",
    "BANK_COOKIE_KEYS",
    "BANK_ISSUER",
    "BANK_PUBLIC_URL",
    "BANK_SMTP_URL",
    "BANK_KMS_KEY"
  ])
    test(`is refused without ${setting}`, async () => {
      assert.match(await refusalOf({ [setting]: undefined }), new RegExp(`^${setting}: Required in production`, "u"))
    })

  for (const [what, changes, line] of [
    ["with a development token", { BANK_TOKEN: "dev_0123456789abcdef" }, /^BANK_TOKEN: Expected none in production/u],
    ["with demo data", { BANK_DEMO: "true" }, /^BANK_DEMO: Expected false/u],
    ["with cash for everybody", { BANK_SELF_SERVICE_CASH: "true" }, /^BANK_SELF_SERVICE_CASH: Expected false/u],
    ["with a key that was typed", { BANK_SIGNING_KEY: "07".repeat(32) }, /^BANK_SIGNING_KEY: Expected random bytes/u],
    ["with cookie keys that were typed", { BANK_COOKIE_KEYS: "a".repeat(40) }, /^BANK_COOKIE_KEYS: Expected random/u],
    ["behind plain http", { BANK_ISSUER: "http://login.bank.example" }, /^BANK_ISSUER: Expected an https address/u],
    [
      "with codes of other providers over plain http",
      { BANK_FEDERATION_CALLBACK: "http://app.bank.example/federated" },
      /^BANK_FEDERATION_CALLBACK: Expected an https address/u
    ],
    [
      "with a database over an open network",
      { DATABASE_URL: "postgres://bank@db.bank.example/bank" },
      /^DATABASE_URL: Expected sslmode=require/u
    ]
  ] as const)
    test(`is refused ${what}`, async () => {
      assert.match(await refusalOf(changes), line)
    })

  test("is refused with the key that a development bank keeps in the same place", async () => {
    assert.match(
      await refusalOf({ BANK_DATA_DIR: folder }),
      /^BANK_SIGNING_KEY: Expected random bytes that no develop/u
    )
  })

  test("may keep its master keys in a file instead of a key service", async () => {
    assert.ok(Exit.isSuccess(await started({ BANK_KMS_KEY: undefined, BANK_MASTER_KEYS: "/etc/bank/master-keys" })))
  })
})
