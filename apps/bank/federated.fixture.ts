/** An OpenID provider that others wrote, in a process of its own, and how a person logs in at it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Schema } from "effect"
import type { Tab } from "./browser.fixture.ts"

const script = fileURLToPath(new URL("../../adapters/federation/provider.fixture.ts", import.meta.url))

const decodeStarted = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ issuer: Schema.String })))

/** Starts one for logins that come back to the addresses; gives the setting that has the bank know it. */
export const startOtherProvider = async (redirectUris: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [script, ...redirectUris], { stdio: ["ignore", "pipe", "ignore"] })
  process.once("exit", () => child.kill())
  const ended = once(child, "exit")
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("{")) continue
    const { issuer } = decodeStarted(line)
    const clientSecret = "a secret of the bank's at the provider"
    return {
      issuer,
      setting: JSON.stringify([{ name: "other", title: "Another", issuer, clientId: "bank", clientSecret }]),
      stop: async () => {
        child.kill()
        await ended
      }
    }
  }
  throw new Error("the provider ended before it said where it is")
}

/** Logs in at the page of the other provider that is shown, as a person of its own, and agrees to what is asked. */
export const logInThere = async ({ page }: Tab, issuer: string, name: string): Promise<void> => {
  await page.waitForURL((at) => at.origin === issuer)
  await page.getByPlaceholder("Enter any login").fill(name)
  await page.getByPlaceholder("and password").fill("any")
  await page.getByRole("button", { name: "Sign-in" }).click()
  await page.getByRole("button", { name: "Continue" }).click()
}
