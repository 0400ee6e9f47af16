import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { Effect, Layer } from "effect"
import { Authenticator, type Caller } from "../../application/ports/Caller.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { roles, scopes, type TenantId } from "../../domain/identity/index.ts"
import { CustomerId, TypedId } from "../../domain/ids/index.ts"
import { keptSecret } from "./KeptSecret.ts"

/** The customer that the development token stands for: the same in every bank, so that demo data finds it again. */
export const developer = CustomerId.make(TypedId.fromUuid("cus", "00000000-0000-7000-8000-000000000001"))

/** Who holds the development token may do everything; it is a program, so that no second factor is asked for. */
const developerCaller = (tenant: TenantId): Caller => ({
  id: "dev",
  tenant,
  customer: developer,
  roles,
  scopes,
  kyc: "full",
  assurance: "single",
  authenticatedAt: Instant.fromMillis(0),
  client: "dev"
})

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** The development token that is kept in `file`; without one it lasts as long as this process. */
export const keepToken = (file: string | undefined): Effect.Effect<string> => {
  const make = (): string => `dev_${randomBytes(24).toString("base64url")}`
  return file === undefined ? Effect.sync(make) : keptSecret(file, /^[\x21-\x7e]{16,}$/u, make)
}

/**
 * Accepts the development token, and hands every other one on. Comparing digests takes the same time for any guess.
 */
export const layer = (token: string, tenant: TenantId): Layer.Layer<Authenticator, never, Authenticator> => {
  const expected = digest(token)
  const caller = developerCaller(tenant)
  return Layer.effect(
    Authenticator,
    Effect.map(Authenticator, ({ authenticate, isOpen }) =>
      Authenticator.of({
        isOpen,
        authenticate: (presented) =>
          presented.scheme === "Bearer" && timingSafeEqual(digest(presented.token), expected)
            ? Effect.succeed(caller)
            : authenticate(presented)
      })
    )
  )
}
