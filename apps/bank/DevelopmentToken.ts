import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, Layer } from "effect"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { roles, scopes, TenantId } from "../../domain/identity/index.ts"
import { CustomerId, TypedId } from "../../domain/ids/index.ts"

/** The customer that the development token stands for: the same in every bank, so that demo data finds it again. */
export const developer = CustomerId.make(TypedId.fromUuid("cus", "00000000-0000-7000-8000-000000000001"))

/** Who holds the development token may do everything; it is a program, so that no second factor is asked for. */
const developerCaller: Caller = {
  id: "dev",
  tenant: TenantId.make("bank"),
  customer: developer,
  roles,
  scopes,
  kyc: "full",
  assurance: "single",
  authenticatedAt: Instant.fromMillis(0),
  client: "dev"
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/**
 * Reads the token that an earlier start left in `file`, or makes one and keeps it there, readable by its owner only.
 * Without a file the token lasts as long as this process.
 */
export const keepToken = (file: string | undefined): Effect.Effect<string> =>
  Effect.promise(async () => {
    const token = `dev_${randomBytes(24).toString("base64url")}`
    if (file === undefined) return token
    await mkdir(dirname(file), { recursive: true })
    const kept = await readFile(file, "utf8").catch(() => "")
    if (/^[\x21-\x7e]{16,}$/u.test(kept.trim())) return kept.trim()
    await writeFile(file, `${token}\n`, { mode: 0o600 })
    return token
  })

/** Accepts one token, until the user service brings real logins. Comparing digests takes the same time for any guess. */
export const layer = (token: string): Layer.Layer<Authenticator> => {
  const expected = digest(token)
  return Layer.succeed(
    Authenticator,
    Authenticator.of({
      authenticate: ({ token: presented }) =>
        timingSafeEqual(digest(presented), expected)
          ? Effect.succeed(developerCaller)
          : Effect.fail(new Unauthenticated({ reason: "invalid" }))
    })
  )
}
