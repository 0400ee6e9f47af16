/**
 * The pages between a request of an app and its answer: login, second factor, consent. Each belongs to one interaction,
 * which a cookie of this browser names for its pages alone; a form counts only where one of our own pages sent it.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Option, Schema } from "effect"
import type Provider from "oidc-provider"
import { errors } from "oidc-provider"
import { beginFederatedLogin, finishFederatedLogin } from "../../application/federation/index.ts"
import { appClient } from "../../application/ports/Tokens.ts"
import {
  beginPasskeyLogin,
  FinishPasskeyLogin,
  finishPasskeyLogin,
  type LoggedIn,
  LogIn,
  type LoginStep,
  logIn,
  ProveSecondFactor,
  proveSecondFactor,
  SecondFactorOptions,
  secondFactorOptions,
  WebAuthnJson
} from "../../application/users/index.ts"
import { consented, type Interaction, rightsOf } from "./Consent.ts"
import {
  decodeBegin,
  federatedStep,
  finishOf,
  forgetTicket,
  keepTicket,
  keptFor,
  type Providers,
  providerBackAt
} from "./Federated.ts"
import { cookieOf, isSameOrigin, NotAForm, originOf, readForm, reply } from "./Http.ts"
import { type Attempt, loginRefusal, type Refusal } from "./LoginAttempt.ts"
import { secondsOf } from "./Logins.ts"
import type { OidcTerms } from "./Options.ts"
import { formTargetOf, type PageData, pageOf, pagePolicy } from "./Pages.ts"
import { isAway } from "./Running.ts"

const prefix = "/interaction/"

/** Where an interaction's pages are. */
export const interactionPath = (uid: string): string => `${prefix}${uid}`

const deviceCookie = "gophers_device"
const deviceSeconds = 365 * 86_400

const decodeLogIn = Schema.decodeUnknownOption(LogIn)
const decodeFactor = Schema.decodeUnknownOption(ProveSecondFactor)
const decodePasskey = Schema.decodeUnknownOption(FinishPasskeyLogin)
const decodeOptions = Schema.decodeUnknownOption(SecondFactorOptions)
const decodeAnswer = Schema.decodeUnknownOption(Schema.fromJsonString(WebAuthnJson))

/** How users have proved themselves, by the names of RFC 8176. */
const methodNames = { pwd: "pwd", otp: "otp", recovery: "otp", passkey: "hwk", federated: "fed" } as const

type Form = Readonly<Record<string, string>>

export interface InteractionParts {
  readonly provider: Provider
  readonly terms: OidcTerms
  /** Other providers at which users may log in. */
  readonly providers: Providers
  /** Runs a step of a login, and leaves it on the audit log. */
  readonly attempt: Attempt
  readonly address: string | undefined
}

/** One request for a page of an interaction. */
interface Page extends InteractionParts {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly interaction: Interaction
  readonly clientName: string
}

const show = <Name extends keyof PageData>(
  { res, interaction }: Page,
  name: Name,
  data: PageData[Name],
  refusal?: Refusal
): void =>
  reply(res, refusal?.status ?? 200, "text/html; charset=utf-8", pageOf(name, data), {
    "content-security-policy": pagePolicy(formTargetOf(interaction.params.redirect_uri)),
    ...(refusal?.retryAfterSeconds === undefined ? {} : { "retry-after": String(refusal.retryAfterSeconds) })
  })

const unreadable: Refusal = { status: 400, code: "invalid_request", text: "Check what you have entered." }

const showLogin = (page: Page, email: string, refusal?: Refusal): void => {
  const { interaction, clientName: client, providers } = page
  const action = interactionPath(interaction.uid)
  show(page, "login", { action, client, email, providers, message: refusal?.text }, refusal)
}

const showFactor = (page: Page, ticket: string, methods: ReadonlyArray<string>, refusal?: Refusal): void => {
  const action = interactionPath(page.interaction.uid)
  show(page, "factor", { action, ticket, methods, message: refusal?.text }, refusal)
}

const keepDevice = ({ res, terms }: Page, device: string): void => {
  const secure = terms.isHttps ? "; Secure" : ""
  const value = `${deviceCookie}=${device}; Path=${prefix}; Max-Age=${deviceSeconds}; HttpOnly; SameSite=Lax${secure}`
  res.appendHeader("set-cookie", value)
}

const finish = async (page: Page, { session, user, device }: LoggedIn): Promise<void> => {
  const { provider, req, res } = page
  keepDevice(page, device)
  const login = {
    accountId: user.id,
    // Until the browser is closed: it may be anyone's.
    remember: false,
    session: session.id,
    ts: secondsOf(session.authenticatedAt),
    acr: session.assurance,
    amr: [...new Set(session.methods.map((method) => methodNames[method]))]
  }
  await provider.interactionFinished(req, res, { login }, { mergeWithLastSubmission: false })
}

const goOn = (page: Page, step: LoginStep): Promise<void> | void =>
  step.step === "done" ? finish(page, step) : showFactor(page, step.ticket, step.methods)

const deviceOf = ({ req }: Page) => {
  const device = cookieOf(req, deviceCookie)
  return device === undefined ? {} : { device }
}

const clientOf = ({ interaction }: Page): string => String(interaction.params.client_id)

const login = async (page: Page, { email = "", password = "" }: Form): Promise<void> => {
  const command = decodeLogIn({ email: email.trim(), password, ...deviceOf(page) })
  if (Option.isNone(command)) return showLogin(page, email, unreadable)
  const origin = originOf(page.req, page.address)
  const step = await page.attempt(logIn(command.value, clientOf(page), origin), origin, clientOf(page))
  return step.isRefused ? showLogin(page, email, step.refusal) : goOn(page, step.answer)
}

const answerIn = ({ passkey }: Form) =>
  passkey === undefined ? undefined : Option.getOrUndefined(decodeAnswer(passkey))

/** What is said of a second factor that was refused, and of a passkey alone; which way it was wrong is not told. */
const refusedWords = {
  totp: "That code is wrong, was used before, or came too late.",
  recovery: "That recovery code is wrong or was used before, or it came too late.",
  passkey: "That passkey was not accepted, or it came too late."
} as const
type FactorMethod = keyof typeof refusedWords

const wordedFor = (method: FactorMethod, refusal: Refusal): Refusal =>
  refusal.status === 401 ? { ...refusal, text: refusedWords[method] } : refusal

const isFactorMethod = (name: string): name is FactorMethod => Object.hasOwn(refusedWords, name)

const passkeyLogin = async (page: Page, form: Form): Promise<void> => {
  const command = decodePasskey({ ticket: form.ticket, answer: answerIn(form), ...deviceOf(page) })
  if (Option.isNone(command)) return showLogin(page, "", unreadable)
  const origin = originOf(page.req, page.address)
  const done = await page.attempt(finishPasskeyLogin(command.value, clientOf(page), origin), origin, clientOf(page))
  return done.isRefused ? showLogin(page, "", wordedFor("passkey", done.refusal)) : finish(page, done.answer)
}

const factor = async (page: Page, form: Form): Promise<void> => {
  const { ticket = "", code, recoveryCode } = form
  const passkey = answerIn(form)
  const method = code !== undefined ? "totp" : recoveryCode !== undefined ? "recovery" : "passkey"
  // What the page has offered, for it to offer again; that decides nothing else.
  const methods = [...new Set([method, ...(form.methods ?? "").split(" ").filter(isFactorMethod)])]
  const command = decodeFactor({
    ticket,
    ...(code === undefined ? {} : { code: code.replaceAll(/\s/gu, "") }),
    ...(recoveryCode === undefined ? {} : { recoveryCode }),
    ...(passkey === undefined ? {} : { passkey })
  })
  if (Option.isNone(command)) return showFactor(page, ticket, methods, unreadable)
  const origin = originOf(page.req, page.address)
  const done = await page.attempt(proveSecondFactor(command.value, origin), origin, clientOf(page))
  return done.isRefused ? showFactor(page, ticket, methods, wordedFor(method, done.refusal)) : finish(page, done.answer)
}

/** What the script needs to ask for a passkey: as a second factor by a ticket, or alone. */
const passkeyOptions = async (page: Page, form: Form): Promise<void> => {
  const command = decodeOptions(form)
  const origin = originOf(page.req, page.address)
  const options = Option.isNone(command) ? beginPasskeyLogin() : secondFactorOptions(command.value)
  const step = await page.attempt(options, origin, clientOf(page), false)
  const body = step.isRefused ? { error: step.refusal.code } : step.answer
  reply(page.res, step.isRefused ? step.refusal.status : 200, "application/json", JSON.stringify(body))
}

/**
 * Sends the browser to the other provider by a page and not by a redirect: browsers hold whatever redirects a form leads to
 * to the policy of the form's page, and nobody knows where that provider will send its users for their login.
 */
const federatedLogin = async (page: Page, form: Form): Promise<void> => {
  const command = decodeBegin(form)
  if (Option.isNone(command)) return showLogin(page, "", unreadable)
  const origin = originOf(page.req, page.address)
  const step = await page.attempt(beginFederatedLogin(command.value), origin, clientOf(page), false)
  if (step.isRefused) return showLogin(page, "", step.refusal)
  const { provider } = command.value
  keepTicket(page.res, page.terms, page.interaction.uid, step.answer)
  const title = page.providers.find(({ name }) => name === provider)?.title ?? provider
  const { url } = step.answer
  page.res.setHeader("refresh", `0; url=${url}`)
  show(page, "away", { title, url })
}

const notBegun: Refusal = {
  status: 400,
  code: "federated_login_expired",
  text: "That login was not begun here, was finished before, or took too long. Log in again."
}

/** The browser is back, with an answer to the login that it began in this interaction. */
const federatedBack = async (page: Page, provider: string, answer: URLSearchParams): Promise<void> => {
  const kept = keptFor(page.req, answer)
  if (kept?.uid !== page.interaction.uid) return showLogin(page, "", notBegun)
  forgetTicket(page.res, page.terms)
  const command = finishOf(page.terms, { provider, answer }, { ticket: kept.ticket, ...deviceOf(page) })
  if (Option.isNone(command)) return showLogin(page, "", notBegun)
  const origin = originOf(page.req, page.address)
  const client = clientOf(page)
  const step = await page.attempt(finishFederatedLogin(command.value, client, origin), origin, client)
  if (!step.isRefused) return goOn(page, step.answer)
  const isClosed = step.refusal.code === "invalid_login"
  showLogin(page, "", isClosed ? { ...step.refusal, text: "That login opens nothing here." } : step.refusal)
}

const consent = async ({ provider, req, res, interaction }: Page): Promise<void> => {
  const grantId = await consented(provider, interaction)
  await provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true })
}

const abort = ({ provider, req, res }: Page): Promise<void> => {
  const refusal = { error: "access_denied", error_description: "the user refused" }
  return provider.interactionFinished(req, res, refusal, { mergeWithLastSubmission: false })
}

const showConsent = (page: Page): Promise<void> | void => {
  const { interaction, clientName: client } = page
  // Nobody is asked whether the bank's own app may act for him.
  if (interaction.params.client_id === appClient) return consent(page)
  const { rights, isLasting } = rightsOf(interaction)
  const host = URL.parse(String(interaction.params.redirect_uri))?.host ?? ""
  show(page, "consent", { action: interactionPath(interaction.uid), client, host, rights, isLasting })
}

const steps: Readonly<
  Record<string, { readonly prompt?: string; readonly take: (page: Page, form: Form) => Promise<void> }>
> = {
  login: { prompt: "login", take: login },
  [federatedStep]: { prompt: "login", take: federatedLogin },
  passkey: { prompt: "login", take: passkeyLogin },
  factor: { prompt: "login", take: factor },
  options: { prompt: "login", take: passkeyOptions },
  consent: { prompt: "consent", take: consent },
  abort: { take: abort }
}

const tell = (res: ServerResponse, status: number, text: string): void =>
  reply(res, status, "text/html; charset=utf-8", pageOf("message", { title: "This did not work", text }), {
    "content-security-policy": pagePolicy()
  })

/** Sends a browser that is back from another provider on to the interaction that it had left, if it had left one. */
const comeBack = (req: IncomingMessage, res: ServerResponse, provider: string, answer: URLSearchParams): void => {
  const kept = req.method === "GET" ? keptFor(req, answer) : undefined
  if (kept === undefined) {
    const text = "This browser is not waiting for that login, or it took too long. Go back to the app and start again."
    tell(res, 400, text)
    return
  }
  const location = `${interactionPath(kept.uid)}/${federatedStep}/${provider}?${answer}`
  res.writeHead(303, { location, "cache-control": "no-store", "content-length": 0 }).end()
}

const isOver = "This step is over. Go back to the app."

const taken = async (
  page: Page,
  [, action, provider]: ReadonlyArray<string>,
  query: URLSearchParams
): Promise<void> => {
  const { req, res, terms, interaction } = page
  const { name } = interaction.prompt
  if (req.method === "GET" && action === undefined) {
    const hint = interaction.params.login_hint
    return name === "login" ? showLogin(page, typeof hint === "string" ? hint : "") : showConsent(page)
  }
  if (req.method === "GET" && action === federatedStep && provider !== undefined)
    return name === "login" ? federatedBack(page, provider, query) : tell(res, 409, isOver)
  const step = action !== undefined && Object.hasOwn(steps, action) ? steps[action] : undefined
  if (req.method !== "POST" || step === undefined) return tell(res, 404, "There is no such page.")
  if (!isSameOrigin(req, terms)) return tell(res, 403, "The form was not sent by a page of this bank.")
  if (step.prompt !== undefined && step.prompt !== name) return tell(res, 409, isOver)
  return step.take(page, await readForm(req))
}

/** Answers a request below `/interaction/`, or of a browser that is back from another provider; false for any other. */
export const interact = async (
  parts: InteractionParts,
  req: IncomingMessage,
  res: ServerResponse
): Promise<boolean> => {
  const { pathname, searchParams } = new URL(req.url ?? "/", parts.terms.issuer)
  const back = providerBackAt(pathname)
  if (back !== undefined) {
    comeBack(req, res, back, searchParams)
    return true
  }
  if (!pathname.startsWith(prefix)) return false
  const path = pathname.slice(prefix.length).split("/")
  try {
    const interaction = await parts.provider.interactionDetails(req, res)
    if (interaction.uid !== path[0]) throw new errors.SessionNotFound("another interaction")
    const client = await parts.provider.Client.find(String(interaction.params.client_id))
    if (client === undefined) throw new errors.SessionNotFound("the client is gone")
    await taken(
      { ...parts, req, res, interaction, clientName: client.clientName ?? client.clientId },
      path,
      searchParams
    )
  } catch (error) {
    if (error instanceof errors.SessionNotFound) {
      if (keptFor(req, searchParams) !== undefined) forgetTicket(res, parts.terms)
      tell(res, 400, "This page has expired. Go back to the app and start again.")
    } else if (error instanceof NotAForm) tell(res, 400, "The form could not be read.")
    else if (isAway(error)) tell(res, 503, loginRefusal.away.text)
    else throw error
  }
  return true
}
