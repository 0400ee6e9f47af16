import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { findChromium, openChromium } from "./chromium.ts"

describe("the Chromium of the tests", () => {
  const named = process.env.BANK_CHROMIUM
  afterEach(() => {
    if (named === undefined) delete process.env.BANK_CHROMIUM
    else process.env.BANK_CHROMIUM = named
  })

  test("is the one that BANK_CHROMIUM names", () => {
    process.env.BANK_CHROMIUM = process.execPath
    assert.equal(findChromium(), process.execPath)
  })

  test("is no other where BANK_CHROMIUM names none", () => {
    process.env.BANK_CHROMIUM = import.meta.filename
    assert.throws(findChromium, /BANK_CHROMIUM names .*chromium\.test\.ts, which is no program/u)
  })

  test("shows pages, and has authenticators that are made of software", async () => {
    const browser = await openChromium()
    try {
      const page = await browser.newPage()
      await page.setContent("<h1>Gophers</h1>")
      assert.equal(await page.textContent("h1"), "Gophers")
      const devtools = await page.context().newCDPSession(page)
      await devtools.send("WebAuthn.enable")
      const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
        options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true }
      })
      assert.ok(authenticatorId.length > 0)
    } finally {
      await browser.close()
    }
  })
})
