/** What is logged of the provider's life, without personal data, what ends with a logout, and who ended what. */
import type { EventEmitter } from "node:events"
import type { IncomingMessage } from "node:http"
import { type Context, Effect } from "effect"
import type Provider from "oidc-provider"
import type { KoaContextWithOIDC } from "oidc-provider"
import type { AuditLog } from "../../application/ports/AuditLog.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import type { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { usedTwice } from "./Artifacts.ts"
import { grantName } from "./Grants.ts"
import { originOf } from "./Http.ts"
import { endSession } from "./Logins.ts"
import { keptBankSession } from "./Prompts.ts"
import { isAway } from "./Running.ts"
import { auditEnd, type EndedBy } from "./SessionAudit.ts"

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

/** What a client or the library has ended in a session, and why: by the endpoint that was asked. */
const endedAt = (ctx: KoaContextWithOIDC): { readonly reason: string; readonly isByUser: boolean } | undefined => {
  const { route, client } = ctx.oidc
  if (route === "revocation") return { reason: `revoked at ${client?.clientId ?? "an app"}`, isByUser: true }
  // Whatever the library ends when it is asked for tokens was shown to it a second time.
  if (route === "token") {
    const model = ctx.oidc.params?.grant_type === "refresh_token" ? "RefreshToken" : "AuthorizationCode"
    return { reason: usedTwice(model), isByUser: false }
  }
  return undefined
}

type ObservingServices = AuditLog | SessionStore | Terms | UserStore

/** Observes a provider; `addressOf` tells where a request came from. */
export const observe = (
  provider: Provider,
  context: Context.Context<ObservingServices>,
  addressOf: (req: IncomingMessage) => string | undefined
): void => {
  const fork = Effect.runForkWith(context)
  const run = Effect.runPromiseWith(context)
  const failed = (where: string, error: Error): void =>
    void fork(Effect.logError("the OpenID provider failed", { where, error: error.name, message: error.message }))
  const emitter: EventEmitter = provider
  // A connection that broke or was too slow, which any client can bring about.
  emitter.on(
    "error",
    (error: Error) =>
      void fork(
        Effect.logWarning("a connection of the OpenID provider failed", { error: error.name, message: error.message })
      )
  )
  provider.on("server_error", (ctx, error) => {
    // A store that is away has been logged where it was asked.
    if (!isAway(error)) failed(ctx.oidc.route, error)
  })
  // An answer waits until what it says has ended has, and is on the audit log.
  const ending = new WeakMap<IncomingMessage, Promise<void>>()
  const endingOf = ({ req }: KoaContextWithOIDC, work: Effect.Effect<void, never, ObservingServices>): void => {
    const before = ending.get(req) ?? Promise.resolve()
    ending.set(
      req,
      Promise.all([before, run(work)]).then(() => undefined)
    )
  }
  const byUser = ({ req, oidc }: KoaContextWithOIDC): EndedBy => ({
    by: "user",
    client: oidc.client?.clientId,
    origin: originOf(req, addressOf(req))
  })
  provider.on("grant.revoked", (ctx, grantId) => {
    const session = grantName(grantId)?.session
    const ended = endedAt(ctx)
    if (session === undefined || ended === undefined) return
    endingOf(ctx, auditEnd(session, ended.reason, ended.isByUser ? byUser(ctx) : { by: "bank" }))
  })
  provider.on("end_session.success", (ctx) => {
    if (!isLoggedOut(ctx)) return
    const by = byUser(ctx)
    const ended = Effect.forEach(
      endedBy(ctx),
      (session) =>
        Effect.flatMap(endSession(session), (isEnded) => (isEnded ? auditEnd(session, "logged out", by) : Effect.void)),
      { discard: true }
    )
    const away = ({ _tag }: { readonly _tag: string }) =>
      Effect.logWarning("a logout did not end its session", { error: _tag })
    endingOf(ctx, Effect.catch(ended, away))
  })
  provider.use(async (ctx, next) => {
    await next()
    await ending.get(ctx.req)
  })
}
