/** The pages that a browser is shown, from the templates beside this file; every value in them is escaped. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Eta } from "eta"
import type { ErrorOut, KoaContextWithOIDC } from "oidc-provider"

const folder = join(import.meta.dirname, "pages")

const eta = new Eta({ views: folder, cache: true, autoTrim: ["nl", "nl"] })

/** What each page shows. */
export interface PageData {
  readonly login: {
    readonly action: string
    readonly client: string
    readonly email: string
    /** Other providers at which users may log in. */
    readonly providers: ReadonlyArray<{ readonly name: string; readonly title: string }>
    readonly message: string | undefined
  }
  /** Leads to another provider: its title, and the address there. */
  readonly away: { readonly title: string; readonly url: string }
  readonly factor: {
    readonly action: string
    readonly ticket: string
    readonly methods: ReadonlyArray<string>
    readonly message: string | undefined
  }
  readonly consent: {
    readonly action: string
    readonly client: string
    readonly host: string
    readonly rights: ReadonlyArray<string>
    readonly isLasting: boolean
  }
  readonly logout: { readonly action: string; readonly secret: string }
  readonly message: { readonly title: string; readonly text: string }
}

/** The HTML of a page. */
export const pageOf = <Name extends keyof PageData>(name: Name, data: PageData[Name]): string =>
  eta.render(`./${name}`, data)

/**
 * Nothing but this server's own style and script, and in no frame. A form's answer may lead to `formTarget` as well: browsers
 * hold redirects after a form to the same rule.
 */
export const pagePolicy = (formTarget?: string): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    `form-action 'self'${formTarget === undefined ? "" : ` ${formTarget}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

/** What people are shown who come to these addresses by themselves, or back where no app of theirs waits. */
const notices: ReadonlyMap<string, PageData["message"]> = new Map([
  [
    "/",
    {
      title: "Gophers Bank",
      text: "Nothing is to be done here: the app that you use sends you to this place to log in."
    }
  ],
  ["/callback", { title: "Back from the login", text: "Go back to the app that sent you here." }]
])

/** The HTML of a notice, undefined where there is none at the path. */
export const noticeAt = (path: string): string | undefined => {
  const notice = notices.get(path)
  return notice === undefined ? undefined : pageOf("message", notice)
}

/** Where a form may lead to for an address to be reached: its origin, or its scheme where it is none of the web's. */
export const formTargetOf = (uri: unknown): string | undefined => {
  const url = typeof uri === "string" ? URL.parse(uri) : null
  if (url === null) return undefined
  return url.protocol === "https:" || url.protocol === "http:" ? url.origin : url.protocol
}

interface Asset {
  readonly type: string
  readonly body: Buffer
}

const assetOf = (name: string, type: string): readonly [string, Asset] => [
  `/assets/${name}`,
  { type, body: readFileSync(join(folder, "assets", name)) }
]

const assets = new Map([
  assetOf("style.css", "text/css; charset=utf-8"),
  assetOf("passkey.js", "text/javascript; charset=utf-8")
])

/** A file that pages refer to, where there is one at the path. */
export const assetAt = (path: string) => assets.get(path)

const show = <Name extends keyof PageData>(
  ctx: KoaContextWithOIDC,
  name: Name,
  data: PageData[Name],
  formTarget?: string
): void => {
  ctx.type = "html"
  ctx.set("content-security-policy", pagePolicy(formTarget))
  ctx.body = pageOf(name, data)
}

/** Shows why a request of a browser cannot go on. */
export const errorPage = (ctx: KoaContextWithOIDC, { error, error_description }: ErrorOut): void =>
  show(ctx, "message", {
    title: "This did not work",
    text: `The app's request was refused (${error}${error_description === undefined ? "" : `: ${error_description}`}). Go back to the app and start again.`
  })

/** Asks whether to log out; the provider's own form brings its secret. */
export const logoutPage = (ctx: KoaContextWithOIDC): void => {
  const secret = ctx.oidc.session?.state?.secret
  show(
    ctx,
    "logout",
    { action: ctx.oidc.urlFor("end_session_confirm"), secret: typeof secret === "string" ? secret : "" },
    formTargetOf(ctx.oidc.params?.post_logout_redirect_uri)
  )
}

/** Says that the user is logged out. */
export const loggedOutPage = (ctx: KoaContextWithOIDC): void =>
  show(ctx, "message", { title: "Logged out", text: "You are logged out. You can close this page." })
