/** A browser as far as a login needs one: it keeps cookies, follows redirects and sends the forms of pages. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** Redirects and forms that one login may have. */
const stepsMax = 20

const formAction = /<form[^>]*action="([^"]+)"/u

/** Logs in at the address as the user, agrees to what is asked, and gives the address it is sent back to. */
export const logInAt = async (address: string, user: string, backTo: string): Promise<string> => {
  const jar = new Map<string, string>()
  let url: URL = new URL(address)
  let body: URLSearchParams | undefined
  for (let step = 0; step < stepsMax; step++) {
    const answer: Response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(body === undefined ? {} : { method: "POST", body })
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/u.exec(cookie) ?? []
      if (value === "") jar.delete(name)
      else jar.set(name, value)
    }
    const page = await answer.text()
    const location = answer.headers.get("location")
    if (location !== null) {
      url = new URL(location, url)
      body = undefined
      if (url.href.startsWith(backTo)) return url.href
      continue
    }
    const action: string | undefined = formAction.exec(page)?.[1]
    if (action === undefined) throw new Error(`no form at ${url.pathname}: ${answer.status} ${page.slice(0, 300)}`)
    const isLogin = page.includes('name="login"')
    url = new URL(action, url)
    body = new URLSearchParams(isLogin ? { prompt: "login", login: user, password: "any" } : { prompt: "consent" })
  }
  throw new Error(`no end after ${stepsMax} steps at ${url.href}`)
}

/** Starts the provider that others wrote in a process of its own, for logins that come back to the address. */
export const startProvider = async (redirectUri: string) => {
  const script = fileURLToPath(new URL("./provider.fixture.ts", import.meta.url))
  const child = spawn(process.execPath, [script, redirectUri], { stdio: ["ignore", "pipe", "ignore"] })
  const ended = once(child, "exit")
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("{")) continue
    const { issuer }: { readonly issuer: string } = JSON.parse(line)
    return {
      issuer,
      stop: async () => {
        child.kill()
        await ended
      }
    }
  }
  throw new Error("the provider ended before it said where it is")
}
