/** Logins as users see them: in a Chromium with an authenticator of its own, at a bank that runs as its operators run it. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Schema } from "effect"
import { decodeJwt } from "jose"
import type { Page } from "playwright-core"
import { startWorld, type World } from "./browser.fixture.ts"
import { ask, assuranceOf, emailOf, enterCode, logIn, refusal, registerApp, signedIn, visit } from "./person.fixture.ts"

const timeout = 60_000

const Accounts = Schema.Struct({ items: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })) })

const wrongCode = "That code is wrong, was used before, or came too late."
const noPasskey = "No passkey was used. Try again, or prove that it is you in another way."

const passkeyButton = (page: Page) => page.getByRole("button", { name: "Log in with a passkey" })

/** What of a page's controls has no name that is read aloud. */
const nameless = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement | HTMLButtonElement>("input:not([type=hidden]), button")]
      .filter((each) => (each.labels?.length ?? 0) === 0 && each.textContent?.trim() === "")
      .map((each) => each.outerHTML)
  )

/** Whether a page is to be moved sideways to be read. */
const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

/** The name or the text of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement
    return at instanceof HTMLInputElement ? at.name : (at?.textContent?.trim() ?? "")
  })

describe("logins in a browser", { timeout }, () => {
  let world: World
  before(
    async () => {
      world = await startWorld()
    },
    { timeout }
  )
  after(() => world.stop(), { timeout })

  test("a password opens the bank's own app, whose token the API takes", { timeout }, async () => {
    const at = await visit(world)
    await logIn(at, emailOf("bob"), "not the password")
    assert.equal(await refusal(at), "The email address or the password is wrong.")
    assert.equal(await at.tab.page.getByLabel("Email address").inputValue(), emailOf("bob"))
    await logIn(at, emailOf("bob"), world.password)
    const tokens = await at.tokens()
    assert.equal(assuranceOf(tokens), "single")
    const { items } = (await ask(world, tokens.access_token, "/v1/accounts")).as(Accounts, 200)
    assert.deepEqual(
      items.map(({ name }) => name),
      ["Bob"]
    )
    await at.tab.close(1)
  })

  test("an authenticator app's code completes a login, and each is taken once", { timeout }, async () => {
    const app = await (await signedIn(world, "teller")).addTotp()
    const code = app.code(1)
    const at = await visit(world)
    await logIn(at, emailOf("teller"), world.password)
    await enterCode(at, code === "000000" ? "111111" : "000000")
    assert.equal(await refusal(at), wrongCode)
    await enterCode(at, code)
    assert.equal(assuranceOf(await at.tokens()), "mfa")
    await at.tab.close(1)

    const again = await visit(world)
    await logIn(again, emailOf("teller"), world.password)
    await enterCode(again, code)
    assert.equal(await refusal(again), wrongCode)
    await again.tab.close(1)
  })

  test("a passkey is a login by itself, and the second factor after a password", { timeout }, async () => {
    const at = await visit(world)
    const { page, addAuthenticator, close } = at.tab
    const authenticator = await addAuthenticator()
    assert.equal((await (await signedIn(world, "officer")).addPasskey(at.tab)).status, 201)
    assert.equal((await authenticator.passkeys()).length, 1)
    await passkeyButton(page).click()
    const alone = await at.tokens()
    assert.equal(assuranceOf(alone), "mfa")
    assert.deepEqual(decodeJwt(alone.id_token ?? "").amr, ["hwk"])

    const after = await visit(world, { tab: at.tab, more: { prompt: "login" } })
    await logIn(after, emailOf("officer"), world.password)
    await page.getByRole("button", { name: "Use a passkey" }).click()
    const second = await after.tokens()
    assert.equal(assuranceOf(second), "mfa")
    assert.deepEqual(decodeJwt(second.id_token ?? "").amr, ["pwd", "hwk"])
    await close()
  })

  test("a browser without a passkey for the bank says so, and the password still works", { timeout }, async () => {
    const at = await visit(world)
    await at.tab.addAuthenticator()
    await passkeyButton(at.tab.page).click()
    await at.tab.page.getByText(noPasskey).waitFor()
    await logIn(at, emailOf("bob"), world.password)
    assert.equal(assuranceOf(await at.tokens()), "single")
    await at.tab.close()
  })

  test("a passkey that has not verified its user is refused, made or used", { timeout }, async () => {
    const careless = (options: object) => ({
      ...options,
      authenticatorSelection: { residentKey: "required", userVerification: "discouraged" }
    })
    const auditor = await signedIn(world, "auditor")
    const unable = await visit(world)
    await unable.tab.addAuthenticator(false)
    await assert.rejects(auditor.addPasskey(unable.tab), /NotAllowedError/u)
    assert.equal((await auditor.addPasskey(unable.tab, careless)).status, 422)
    await unable.tab.close()

    const at = await visit(world)
    const authenticator = await at.tab.addAuthenticator()
    assert.equal((await auditor.addPasskey(at.tab)).status, 201)
    await authenticator.weaken()
    await logIn(at, emailOf("auditor"), world.password)
    const usePasskey = at.tab.page.getByRole("button", { name: "Use a passkey" })
    await usePasskey.click()
    await at.tab.page.getByText(noPasskey).waitFor()
    // A page that lets it pass: it is the bank that has to look.
    await at.tab.askCarelessly()
    await usePasskey.click()
    await at.tab.page.getByText("That passkey was not accepted, or it came too late.").waitFor()
    await at.tab.close(1)
  })

  test("a passkey that another site's page has made is refused", { timeout }, async () => {
    const admin = await signedIn(world, "admin")
    const tab = await world.open()
    await tab.addAuthenticator()
    await tab.page.goto(world.otherSite)
    await assert.rejects(admin.addPasskey(tab), /SecurityError/u)
    assert.equal((await admin.addPasskey(tab, (options) => ({ ...options, rp: { name: "Other" } }))).status, 422)
    const at = await visit(world, { tab })
    await passkeyButton(tab.page).click()
    await tab.page.getByText(noPasskey).waitFor()
    // One domain is one site to a browser, whatever the port; the bank looks at the whole origin.
    await tab.page.goto(world.neighbour)
    assert.equal((await admin.addPasskey(tab)).status, 422)
    await tab.page.goto(at.url.href)
    await passkeyButton(tab.page).click()
    await tab.page.getByText("That passkey was not accepted, or it came too late.").waitFor()
    await tab.close(1)
  })

  test("an app of a third party gets what its user allows, or learns that the user refused", { timeout }, async () => {
    const app = await registerApp(world, "Budget <Planner>")
    const cancelled = await visit(world, { app })
    await cancelled.tab.page.getByRole("button", { name: "Cancel" }).click()
    assert.equal((await cancelled.back()).get("error"), "access_denied")
    await cancelled.tab.close()

    const refused = await visit(world, { app })
    await logIn(refused, emailOf("bob"), world.password)
    const { page } = refused.tab
    assert.match((await page.getByRole("main").textContent()) ?? "", /Budget <Planner> \(127\.0\.0\.1:\d+\) asks to:/u)
    assert.deepEqual(await page.getByRole("listitem").allInnerTexts(), [
      "know that it is you",
      "see your accounts, balances and transactions",
      "pay from your accounts"
    ])
    await page.getByRole("button", { name: "Refuse" }).click()
    assert.equal((await refused.back()).get("error"), "access_denied")

    // The same browser is still logged in, and is asked again.
    const allowed = await visit(world, { app, tab: refused.tab })
    await page.getByRole("button", { name: "Allow" }).click()
    const { access_token } = await allowed.tokens()
    assert.equal((await ask(world, access_token, "/v1/accounts")).status, 200)
    // On a user's device any program can call itself the app (RFC 8252, 8.6): each time is asked for.
    await visit(world, { app, tab: refused.tab })
    await page.getByRole("button", { name: "Refuse" }).click()
    await refused.tab.close()
  })

  test("every page fits a telephone and is used by keyboard alone, and every control has a name", {
    timeout
  }, async () => {
    const app = await registerApp(world, "Keyboard")
    const at = await visit(world, { app })
    const { page } = at.tab
    // The browser gives the focus when it has drawn the page.
    await page.getByLabel("Email address").and(page.locator(":focus")).waitFor()
    const seen: Array<string> = []
    for (let index = 0; index < 5; index++) {
      seen.push(await focused(page))
      await page.keyboard.press("Tab")
    }
    assert.deepEqual(seen, ["email", "password", "Log in", "Log in with a passkey", "Cancel"])
    assert.deepEqual([await nameless(page), await isTooWide(page)], [[], false])
    await page.getByLabel("Email address").focus()
    await page.keyboard.type(emailOf("bob"))
    await page.keyboard.press("Tab")
    await page.keyboard.type(world.password)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Allow access?" }).waitFor()
    assert.deepEqual([await nameless(page), await isTooWide(page)], [[], false])
    await page.keyboard.press("Tab")
    assert.equal(await focused(page), "Allow")
    await page.keyboard.press("Enter")
    assert.ok((await at.back()).has("code"))
    await at.tab.close()
  })

  test("a login by password and a code, or a recovery code, works without JavaScript", { timeout }, async () => {
    const app = await registerApp(world, "Plain")
    const { code, recoveryCodes } = await (await signedIn(world, "operator")).addTotp()
    const at = await visit(world, { app, tab: await world.open({ javaScriptEnabled: false }) })
    const { page } = at.tab
    assert.equal(await passkeyButton(page).isVisible(), false)
    await logIn(at, emailOf("operator"), world.password)
    await enterCode(at, code(1))
    await page.getByRole("button", { name: "Allow" }).click()
    assert.equal(assuranceOf(await at.tokens()), "mfa")

    const again = await visit(world, { app, tab: at.tab, more: { prompt: "login consent" } })
    await logIn(again, emailOf("operator"), world.password)
    await page.getByText("Use a recovery code").click()
    await page.getByLabel("Recovery code", { exact: true }).fill(recoveryCodes[0] ?? "")
    await page.getByRole("button", { name: "Use the recovery code" }).click()
    await page.getByRole("button", { name: "Allow" }).click()
    assert.equal(assuranceOf(await again.tokens()), "mfa")
    await at.tab.close()
  })

  test("who logs out in the browser takes the app's token away, and logs in anew", { timeout }, async () => {
    const at = await visit(world)
    const { page } = at.tab
    await logIn(at, emailOf("bob"), world.password)
    const { access_token } = await at.tokens()
    assert.equal((await ask(world, access_token, "/v1/accounts")).status, 200)
    await page.goto(`${world.issuer}/session/end`)
    await page.getByRole("button", { name: "Log out", exact: true }).click()
    await page.getByRole("heading", { name: "Logged out" }).waitFor()
    assert.equal((await ask(world, access_token, "/v1/accounts")).status, 401)
    await visit(world, { tab: at.tab })
    await page.getByRole("heading", { name: "Log in" }).waitFor()
    await at.tab.close()
  })

  test("who moves more than the bank's limit proves a second factor first", { timeout }, async () => {
    const app = await registerApp(world, "Payments")
    const at = await visit(world, { app })
    const { page } = at.tab
    await logIn(at, emailOf("alice"), world.password)
    await page.getByRole("button", { name: "Allow" }).click()
    const { access_token: single } = await at.tokens()
    const { items } = (await ask(world, single, "/v1/accounts")).as(Accounts, 200)
    const idOf = (name: string) => items.find((account) => account.name === name)?.id
    const body = { from: idOf("Alice"), to: idOf("Alice's savings"), amount: { amount: "1500.00", currency: "USD" } }
    const transfer = (token: string) => ask(world, token, "/v1/transfers", { method: "POST", body, key: "boat" })
    const turnedAway = await transfer(single)
    assert.equal(turnedAway.status, 401, turnedAway.text)
    assert.match(turnedAway.challenge, /error="insufficient_user_authentication", acr_values="mfa", max_age="600"/u)

    const person = await (await signedIn(world, "alice")).addTotp()
    const raised = await visit(world, { app, tab: at.tab, more: { acr_values: "mfa", max_age: "600" } })
    await logIn(raised, emailOf("alice"), world.password)
    await enterCode(raised, person.code(1))
    await page.getByRole("button", { name: "Allow" }).click()
    const tokens = await raised.tokens()
    assert.equal(assuranceOf(tokens), "mfa")
    assert.equal((await transfer(tokens.access_token)).status, 201)
    await at.tab.close()
  })

  test("the API's documentation shows every operation and asks nobody else for anything", { timeout }, async () => {
    const tab = await world.open({ viewport: { width: 1280, height: 900 } })
    await tab.page.goto(`${world.restUrl}/docs`)
    await tab.page.getByText("/v1/transfers", { exact: true }).first().waitFor()
    assert.deepEqual([...tab.origins], [world.restUrl])
    await tab.close()
  })
})
