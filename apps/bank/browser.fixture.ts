/** The bank as a process with its demo users, a site whose users come back to it, and a Chromium. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Schema } from "effect"
import type { Browser, BrowserContextOptions } from "playwright-core"
import { WebAuthnJson } from "../../application/users/index.ts"
import { openChromium } from "../../infra/testing/chromium.ts"
import { freePort, startBank } from "../../infra/testing/crash/BankProcess.ts"
import { createDatabase } from "../../infra/testing/postgres.ts"

/** A page that is not there within this time is missing. */
const pageMs = 20_000

const decodeAnswer = Schema.decodeUnknownSync(Schema.fromJsonString(WebAuthnJson))

const sitePage =
  '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>App</title><h1>Back at the app</h1>'

/** The site of an app: it shows the same page at every path. */
const startSite = async () => {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html")
    response.end(sitePage)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address !== null)
  return {
    port: address.port,
    stop: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** Where a tab may go. */
interface Sites {
  readonly issuer: string
  readonly own: ReadonlyArray<string>
}

/** A tab of a fresh browser, on a small telephone unless told, which minds what it complains of and where it goes. */
const openTab = async (browser: Browser, { issuer, own }: Sites, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 375, height: 667 }, ...options })
  context.setDefaultTimeout(pageMs)
  const page = await context.newPage()
  const complaints: Array<string> = []
  const origins = new Set<string>()
  page.on("console", (message) => {
    // The bank's own app has no page yet where its users come back.
    if (message.location().url.startsWith(`${issuer}/callback?`)) return
    if (["error", "warning"].includes(message.type())) complaints.push(message.text())
  })
  page.on("pageerror", (error) => complaints.push(String(error)))
  context.on("request", (request) => origins.add(new URL(request.url()).origin))

  /** Gives the browser an authenticator of its own, as a laptop has one; it verifies its user, unless told. */
  const addAuthenticator = async (verifiesUser = true) => {
    const devtools = await context.newCDPSession(page)
    await devtools.send("WebAuthn.enable")
    const add = async (hasUserVerification: boolean): Promise<string> => {
      const kind = { protocol: "ctap2", transport: "internal", hasResidentKey: true } as const
      const behaviour = { isUserVerified: hasUserVerification, automaticPresenceSimulation: true }
      const options = { ...kind, ...behaviour, hasUserVerification }
      return (await devtools.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId
    }
    let authenticatorId = await add(verifiesUser)
    const passkeys = async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials
    return {
      passkeys,
      /** Its passkeys go to one that everybody may use. */
      weaken: async () => {
        const kept = await passkeys()
        await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId })
        authenticatorId = await add(false)
        for (const credential of kept) await devtools.send("WebAuthn.addCredential", { authenticatorId, credential })
      }
    }
  }

  /** Makes a passkey, as the page that is shown would. */
  const makePasskey = async (options: WebAuthnJson): Promise<WebAuthnJson> =>
    decodeAnswer(
      await page.evaluate(
        `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })
          .then((credential) => JSON.stringify(credential.toJSON()))`
      )
    )

  /**
   * Closes the tab. It has complained of as many pages that refused something as is told and of nothing else, and has
   * asked nobody for anything but the bank and the app.
   */
  const close = async (refusals = 0): Promise<void> => {
    await context.close()
    const unauthorized = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
    assert.deepEqual(
      complaints,
      Array.from({ length: refusals }, () => unauthorized)
    )
    assert.deepEqual(
      [...origins].filter((origin) => !own.includes(origin)),
      []
    )
  }

  /** Has the page that is shown ask for passkeys without their user's verification. */
  const askCarelessly = (): Promise<void> =>
    page.evaluate(() => {
      const parse = PublicKeyCredential.parseRequestOptionsFromJSON.bind(PublicKeyCredential)
      PublicKeyCredential.parseRequestOptionsFromJSON = (options) =>
        parse({ ...options, userVerification: "discouraged" })
    })

  return { page, context, origins, addAuthenticator, makePasskey, askCarelessly, close }
}

export type Tab = Awaited<ReturnType<typeof openTab>>

/** Where the bank and an app of the tests are. */
export interface Places {
  readonly issuer: string
  readonly appOrigin: string
}

/** Starts everything; `stop` ends it. `prepare` gives more settings for the bank, once it is known where it will be. */
export const startWorld = async (
  prepare: (at: Places) => Promise<Readonly<Record<string, string>>> = async () => ({})
) => {
  const dataDir = await mkdtemp(join(tmpdir(), "bank-browser-"))
  await chmod(dataDir, 0o711)
  const database = await createDatabase()
  const ports = new Set<number>()
  while (ports.size < 3) ports.add(await freePort())
  const [rest = 0, rpc = 0, auth = 0] = ports
  const site = await startSite()
  // A domain, and no address: passkeys are for domains.
  const issuer = `http://localhost:${auth}`
  // The app's site by three names: that of its users, one of the bank's own domain, and one of another.
  const [appOrigin, neighbour, otherSite] = ["127.0.0.1", "localhost", "other.localhost"].map(
    (name) => `http://${name}:${site.port}`
  )
  assert.ok(appOrigin !== undefined && neighbour !== undefined && otherSite !== undefined)
  const more = await prepare({ issuer, appOrigin })
  const env = { DATABASE_URL: database.url, BANK_AUTH_PORT: String(auth), BANK_DEMO: "true", ...more }
  const [bank, browser] = await Promise.all([startBank(dataDir, { rest, rpc }, env), openChromium()])
  const own = [issuer, bank.restUrl, appOrigin, neighbour, otherSite]
  return {
    issuer,
    restUrl: bank.restUrl,
    appOrigin,
    neighbour,
    otherSite,
    /** The development token. */
    token: bank.token,
    /** What every demo user logs in with. */
    password: (await readFile(join(dataDir, "demo-password"), "utf8")).trim(),
    open: (options?: BrowserContextOptions): Promise<Tab> => openTab(browser, { issuer, own }, options),
    stop: async () => {
      await browser.close()
      site.stop()
      await bank.stop()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>
