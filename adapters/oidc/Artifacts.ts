/**
 * What the provider keeps, in the `ArtifactStore`. Codes, refresh tokens and pushed requests are used once: the store
 * gives them to one of many at once, and every other one ends the whole grant (RFC 9700, 4.14.2). A grant that ended can
 * store nothing any more, so that the one that was first keeps nothing either.
 */
import { Clock, Effect } from "effect"
import { type Adapter, type AdapterPayload, errors } from "oidc-provider"
import type { AuditLog } from "../../application/ports/AuditLog.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import { type Artifact, ArtifactStore, type KeyRing } from "../../application/ports/Tokens.ts"
import type { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { grantName } from "./Grants.ts"
import { endSession } from "./Logins.ts"
import type { Run } from "./Running.ts"
import { auditEnd } from "./SessionAudit.ts"
import { type PublicKeys, readableToken } from "./SignedToken.ts"

export type StoreServices = ArtifactStore | AuditLog | KeyRing | SessionStore | Terms | UserStore

/** What belongs to a grant and ends with it. An interaction names its grant too, and does not. */
const grantable = new Set(["AccessToken", "AuthorizationCode", "RefreshToken"])

const textOr = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const artifactOf = (
  model: string,
  id: string,
  payload: AdapterPayload,
  expiresAt: Instant.Instant | undefined
): Artifact => {
  const grantId = model === "Grant" ? id : grantable.has(model) ? textOr(payload.grantId) : undefined
  const [uid, userCode] = [textOr(payload.uid), textOr(payload.userCode)]
  return {
    model,
    id,
    payload: JSON.stringify(payload),
    ...(grantId === undefined ? {} : { grantId }),
    ...(uid === undefined ? {} : { uid }),
    ...(userCode === undefined ? {} : { userCode }),
    ...(expiresAt === undefined ? {} : { expiresAt })
  }
}

/** The provider's own text, which nobody else can have written: it is encrypted and authenticated at rest. */
const payloadOf = (artifact: Artifact | undefined): AdapterPayload | undefined => {
  if (artifact === undefined) return undefined
  const payload: AdapterPayload = JSON.parse(artifact.payload)
  return artifact.consumedAt === undefined ? payload : { ...payload, consumed: Math.floor(artifact.consumedAt / 1000) }
}

const now = Effect.map(Clock.currentTimeMillis, Instant.fromMillis)

/** Ends a grant; one of the bank's own app takes its session along, whose access tokens die within seconds then. */
export const endGrant = Effect.fn("oidc.endGrant")(function* (grantId: string) {
  const store = yield* ArtifactStore
  yield* store.revokeGrant(grantId)
  const name = grantName(grantId)
  if (name?.isOfApp === true) yield* endSession(name.session)
})

/** Why the bank ends what was granted, by the name of what came again. */
export const usedTwice = (model: string): string =>
  model === "RefreshToken" ? "refresh token used twice" : "code used twice"

const reused = Effect.fnUntraced(function* (model: string, id: string) {
  const store = yield* ArtifactStore
  const grantId = (yield* store.find(model, id))?.grantId
  yield* Effect.logWarning("what may be used once was used again", { model })
  if (grantId === undefined) return
  yield* endGrant(grantId)
  const session = grantName(grantId)?.session
  if (session !== undefined) yield* auditEnd(session, usedTwice(model), { by: "bank" })
})

/**
 * Whether a text could name anything of ours. What people type in place of a token, such as an address, is not asked for:
 * the store looks by an unkeyed hash, which would tell it where statements are logged.
 */
const couldBeOurs = (id: string): boolean => /^[\w.~-]+$/u.test(id)

const isSigned = (value: string): boolean => value.split(".").length === 3

/** The adapter of one of the provider's models. */
export const adapterOf =
  (run: Run<StoreServices>, keys: PublicKeys) =>
  (model: string): Adapter => ({
    upsert: (id, payload, expiresIn) =>
      run(
        Effect.gen(function* () {
          const store = yield* ArtifactStore
          const at = yield* now
          const expiresAt = expiresIn === undefined ? undefined : Instant.addMillis(at, expiresIn * 1000)
          yield* store.upsert(artifactOf(model, id, payload, expiresAt))
          return model !== "ReplayDetection" || (yield* store.consume(model, id, at))
        })
      ).then((isFirst) => {
        // The provider looks whether a proof was seen and then stores it: of two at once, only one may pass.
        if (!isFirst) throw new errors.InvalidDpopProof("DPoP proof JWT Replay detected")
      }),
    find: async (id) => {
      if (model === "AccessToken" && isSigned(id)) return readableToken(keys, id)
      if (!couldBeOurs(id)) return undefined
      return payloadOf(await run(Effect.flatMap(ArtifactStore, (store) => store.find(model, id))))
    },
    findByUid: (uid) => run(Effect.flatMap(ArtifactStore, (store) => store.findByUid(model, uid))).then(payloadOf),
    findByUserCode: (userCode) =>
      run(Effect.flatMap(ArtifactStore, (store) => store.findByUserCode(model, userCode))).then(payloadOf),
    consume: (id) =>
      run(
        Effect.gen(function* () {
          const store = yield* ArtifactStore
          const isFirst = yield* store.consume(model, id, yield* now)
          if (!isFirst) yield* reused(model, id)
          return isFirst
        })
      ).then((isFirst) => {
        if (isFirst) return
        throw model === "PushedAuthorizationRequest"
          ? new errors.InvalidRequestUri("request_uri was used before")
          : new errors.InvalidGrant("used before")
      }),
    destroy: (id) => run(Effect.flatMap(ArtifactStore, (store) => store.destroy(model, id))),
    revokeByGrantId: (grantId) => run(endGrant(grantId))
  })
