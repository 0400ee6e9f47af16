/** Logins at another provider as users see them: at one that others wrote, in a Chromium, with the bank in its process. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Schema } from "effect"
import { decodeJwt } from "jose"
import { startWorld, type World } from "./browser.fixture.ts"
import { logInThere, startOtherProvider } from "./federated.fixture.ts"
import { ask, assuranceOf, enterCode, holderOf, refusal, registerApp, type Visit, visit } from "./person.fixture.ts"

const timeout = 60_000

const Accounts = Schema.Struct({ items: Schema.Array(Schema.Unknown) })
const Begun = Schema.Struct({ url: Schema.String, ticket: Schema.String })
const Session = Schema.Struct({ accessToken: Schema.String })

describe("logins at another provider in a browser", { timeout }, () => {
  let world: World
  let other: Awaited<ReturnType<typeof startOtherProvider>>
  before(
    async () => {
      world = await startWorld(async ({ issuer, appOrigin }) => {
        const callback = `${appOrigin}/federated`
        other = await startOtherProvider([`${issuer}/federated/other`, `${callback}/other`])
        return { BANK_IDENTITY_PROVIDERS: other.setting, BANK_FEDERATION_CALLBACK: callback }
      })
    },
    { timeout }
  )
  after(
    async () => {
      await world.stop()
      await other.stop()
    },
    { timeout }
  )

  /** A tab that asks nobody for the other provider's fonts. */
  const tabOf = async () => {
    const tab = await world.open()
    await tab.context.route(/fonts\./u, (route) => route.abort())
    return tab
  }

  const choose = ({ tab: { page } }: Visit): Promise<void> =>
    page.getByRole("button", { name: "Continue with Another" }).click()

  test("a third party's app gets a token that the API takes, of someone new to the bank", { timeout }, async () => {
    const app = await registerApp(world, "Planner")
    const at = await visit(world, { app, tab: await tabOf() })
    await choose(at)
    await logInThere(at.tab, other.issuer, "lin")
    await at.tab.page.getByRole("button", { name: "Allow" }).click()
    const tokens = await at.tokens()
    const { sid, acr, auth_time, client_id, customer } = decodeJwt(tokens.access_token)
    assert.match(String(sid), /^ses_/u)
    assert.match(String(customer), /^cus_/u)
    assert.deepEqual([acr, client_id, typeof auth_time], ["single", app, "number"])
    const { items } = (await ask(world, tokens.access_token, "/v1/accounts")).as(Accounts, 200)
    assert.deepEqual(items, [])
    await at.tab.context.close()
  })

  test("an authenticator app's code is asked for after it too", { timeout }, async () => {
    const scope = "openid profile:read profile:write"
    const at = await visit(world, { tab: await tabOf(), more: { scope } })
    await choose(at)
    await logInThere(at.tab, other.issuer, "barbara")
    const first = await at.tokens()
    assert.equal(assuranceOf(first), "single")
    const app = await holderOf(world, first.access_token).addTotp()

    const again = await visit(world, { tab: at.tab, more: { scope, prompt: "login" } })
    await choose(again)
    const code = app.code(1)
    await enterCode(again, code === "000000" ? "111111" : "000000")
    assert.equal(await refusal(again), "That code is wrong, was used before, or came too late.")
    await enterCode(again, code)
    const second = await again.tokens()
    assert.equal(assuranceOf(second), "mfa")
    assert.equal(decodeJwt(second.access_token).sub, decodeJwt(first.access_token).sub)
    await at.tab.context.close()
  })

  test("a user who refuses over there is back at the login page, and can try again", { timeout }, async () => {
    const at = await visit(world, { tab: await tabOf() })
    await choose(at)
    await at.tab.page.getByRole("link", { name: "Cancel" }).click()
    assert.match((await refusal(at)) ?? "", /did not succeed/u)
    await choose(at)
    await logInThere(at.tab, other.issuer, "frances")
    assert.equal(assuranceOf(await at.tokens()), "single")
    await at.tab.context.close()
  })

  test("one that an app has begun by the API comes back to the app", { timeout }, async () => {
    const post = (path: string, body: unknown) => ask(world, "", path, { method: "POST", body })
    const { url, ticket } = (await post("/v1/federated-logins", { provider: "other" })).as(Begun, 200)
    const tab = await tabOf()
    await tab.page.goto(url)
    await logInThere(tab, other.issuer, "margaret")
    await tab.page.waitForURL((at) => at.href.startsWith(`${world.appOrigin}/federated/other?`))
    const complete = { callback: tab.page.url(), ticket }
    const { accessToken } = (await post("/v1/federated-logins/complete", complete)).as(Session, 200)
    assert.equal(decodeJwt(accessToken).acr, "single")
    await tab.context.close()
  })
})
