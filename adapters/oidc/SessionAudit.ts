/** What ends at the provider, past the bank's own edges, as the audit log has it. */
import { randomUUID } from "node:crypto"
import { Clock, Effect } from "effect"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import type { Origin } from "../../application/ports/Origin.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { SessionId } from "../../domain/ids/index.ts"

/** Who ended it: the user, in an app or in its browser, or the bank, which had a reason to. */
export type EndedBy =
  | { readonly by: "user"; readonly client: string | undefined; readonly origin: Origin }
  | { readonly by: "bank" }

/** What the bank did is not of any request. */
const ownOrigin = (): Origin => ({ requestId: randomUUID() })

/**
 * Leaves a record of what was ended in a session: all of it, or what one app was granted. It is over by then, so that a log
 * that cannot be written is only told.
 */
export const auditEnd = Effect.fn("oidc.auditEnd")(function* (session: SessionId, reason: string, ended: EndedBy) {
  const log = yield* AuditLog
  const sessions = yield* SessionStore
  const users = yield* UserStore
  const { tenant } = yield* Terms
  const at = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const origin = { ...(ended.by === "user" ? ended.origin : ownOrigin()), reason }
  const written = Effect.gen(function* () {
    const { user } = yield* sessions.find(session)
    const { customer, roles } = yield* users.find(user)
    const person = {
      id: user,
      user,
      roles,
      session,
      ...(customer === undefined ? {} : { customer })
    }
    const client = ended.by === "user" && ended.client !== undefined ? { client: ended.client } : {}
    const actor = ended.by === "user" ? { ...person, ...client } : { id: "bank", roles: [] }
    yield* log.append({
      at,
      tenant,
      actor,
      operation: "sessions.revoke",
      objects: [user, session],
      outcome: "done",
      origin
    })
  })
  yield* Effect.catch(written, ({ _tag }) =>
    Effect.logError("what ended at the provider is not on the audit log", { error: _tag, session, reason })
  )
})
