/** A browser that keeps cookies by path, follows redirects within the bank, and fills in the forms that it is shown. */

interface Cookie {
  readonly value: string
  readonly path: string
}

/** An answer that the browser has stopped at. */
export interface Shown {
  readonly url: string
  readonly status: number
  readonly html: string
  readonly headers: Headers
  /** Where it would go outside of the bank. */
  readonly left: URL | undefined
}

const hopsMax = 10

const plain = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")

/** The attributes of the tags of a name in a piece of HTML. */
const tags = (html: string, name: string): ReadonlyArray<Readonly<Record<string, string>>> =>
  [...html.matchAll(new RegExp(`<${name}\\b([^>]*)>`, "gu"))].map(([, attributes = ""]) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/gu)].map(([, key = "", value = ""]) => [key, plain(value)])
    )
  )

/** The form whose action ends so, with what its hidden inputs hold. */
export const formOf = (
  html: string,
  ending: string
): { readonly action: string; readonly fields: Record<string, string> } => {
  for (const [form] of html.matchAll(/<form[\s\S]*?<\/form>/gu)) {
    const action = tags(form, "form")[0]?.action
    if (action === undefined || !action.endsWith(ending)) continue
    const hidden = tags(form, "input").filter(({ type }) => type === "hidden")
    return { action, fields: Object.fromEntries(hidden.map(({ name = "", value = "" }) => [name, value])) }
  }
  throw new Error(`no form for ${ending} in ${html}`)
}

/** A browser at the bank's pages, which sends these headers besides with every request. */
export const browser = (issuer: string, always: Readonly<Record<string, string>> = {}) => {
  const jar = new Map<string, Cookie>()

  const keep = (headers: Headers, url: URL): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ")
      const [name = "", value = ""] = pair.split("=")
      const named = new Map(attributes.map((each) => [each.split("=")[0]?.toLowerCase(), each.split("=")[1]]))
      const path = named.get("path") ?? url.pathname
      const isGone = (named.get("expires") ?? "").includes("1970") || value === ""
      if (isGone) jar.delete(`${path} ${name}`)
      else jar.set(`${path} ${name}`, { value, path })
    }
  }

  const cookieFor = (url: URL): string =>
    [...jar]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.split(" ")[1]}=${value}`)
      .join("; ")

  const send = async (url: URL, init: RequestInit = {}, hops = 0): Promise<Shown> => {
    const headers = { accept: "text/html", cookie: cookieFor(url), ...always, ...init.headers }
    const response = await fetch(url, { ...init, headers, redirect: "manual" })
    keep(response.headers, url)
    const html = await response.text()
    const shown = { url: url.href, status: response.status, html, headers: response.headers, left: undefined }
    const location = response.headers.get("location")
    if (location === null || hops === hopsMax) return shown
    const next = new URL(location, url)
    return next.origin === issuer ? send(next, {}, hops + 1) : { ...shown, left: next }
  }

  const post = (path: string, fields: Readonly<Record<string, string>>, origin = issuer): Promise<Shown> =>
    send(new URL(path, issuer), { method: "POST", body: new URLSearchParams(fields), headers: { origin } })

  return {
    open: (url: URL): Promise<Shown> => send(url),
    post,
    /** Sends the form of a page whose action ends so, filled in. */
    submit: (page: Shown, ending: string, fields: Readonly<Record<string, string>> = {}): Promise<Shown> => {
      const form = formOf(page.html, ending)
      return post(form.action, { ...form.fields, ...fields })
    },
    cookies: jar
  }
}

export type Browser = ReturnType<typeof browser>
