/** What is logged of the provider's life, without personal data, and what ends with a logout. */
import type { EventEmitter } from "node:events"
import type { IncomingMessage } from "node:http"
import { type Context, Effect } from "effect"
import type Provider from "oidc-provider"
import type { KoaContextWithOIDC } from "oidc-provider"
import type { SessionStore } from "../../application/ports/UserStore.ts"
import { grantName } from "./Grants.ts"
import { endSession } from "./Logins.ts"
import { keptBankSession } from "./Prompts.ts"
import { isAway } from "./Running.ts"

/** The bank's sessions that a logout ends: all that the browser's session stood for, but those that an app lasts beyond. */
const endedBy = ({ oidc }: KoaContextWithOIDC) => {
  const states = Object.values(oidc.session?.authorizations ?? {})
  const sessionsOf = (isLasting: boolean) =>
    states.flatMap(({ grantId, persistsLogout = false }) => {
      const name = grantId === undefined || persistsLogout !== isLasting ? undefined : grantName(grantId)
      return name === undefined ? [] : [name.session]
    })
  const kept = keptBankSession(oidc.session)
  const lasting = new Set(sessionsOf(true))
  return [...new Set([...sessionsOf(false), ...(kept === undefined ? [] : [kept])])].filter(
    (each) => !lasting.has(each)
  )
}

/** Who chose to stay logged in still has the session. */
const isLoggedOut = ({ oidc: { session } }: KoaContextWithOIDC): boolean =>
  session !== undefined && "destroyed" in session && session.destroyed === true

export const observe = (provider: Provider, context: Context.Context<SessionStore>): void => {
  const fork = Effect.runForkWith(context)
  const run = Effect.runPromiseWith(context)
  const failed = (where: string, error: Error): void =>
    void fork(Effect.logError("the OpenID provider failed", { where, error: error.name, message: error.message }))
  const emitter: EventEmitter = provider
  emitter.on("error", (error: Error) => failed("http", error))
  provider.on("server_error", (ctx, error) => {
    // A store that is away has been logged where it was asked.
    if (!isAway(error)) failed(ctx.oidc.route, error)
  })
  // A logout is answered when the bank's session has ended too.
  const ending = new WeakMap<IncomingMessage, Promise<void>>()
  provider.on("end_session.success", (ctx) => {
    if (!isLoggedOut(ctx)) return
    const ended = Effect.forEach(endedBy(ctx), endSession, { discard: true })
    const away = ({ _tag }: { readonly _tag: string }) =>
      Effect.logWarning("a logout did not end its session", { error: _tag })
    ending.set(ctx.req, run(Effect.catch(ended, away)))
  })
  provider.use(async (ctx, next) => {
    await next()
    await ending.get(ctx.req)
  })
}
