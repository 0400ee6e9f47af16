/** A bank with its provider on a port of its own, users who can log in, and keys that tests rotate. */
import { createHash, randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Effect, Layer, ManagedRuntime, Schema } from "effect"
import { exportJWK, generateKeyPair } from "jose"
import { clientModel } from "../../application/clients/index.ts"
import { PasswordHasher, Secrets } from "../../application/ports/Crypto.ts"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { IdentityProviders, UnknownProvider } from "../../application/ports/Outside.ts"
import { Passkeys, TotpCodes } from "../../application/ports/SecondFactors.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { ArtifactStore, KeyRing, type SigningKey } from "../../application/ports/Tokens.ts"
import { UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, Permission, TenantId, User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { layer as ids } from "../ids/index.ts"
import { auditLogLayer, inboxMailerLayer, usersLayer } from "../memory/index.ts"
import { layer, type OidcOptions, OidcProvider } from "./index.ts"
import type { Away } from "./Running.ts"

export const tenant = TenantId.make("gophers")
export const email = Schema.decodeSync(User.Email)("ada@example.com")
export const mfaEmail = Schema.decodeSync(User.Email)("grace@example.com")
export const otherEmail = Schema.decodeSync(User.Email)("edsger@example.com")
export const password = "correct horse battery staple"
/** The only code that the bank of these tests takes, once in each 30 seconds. */
export const totpCode = "246810"
export const recoveryCode = "AAAA-BBBB-CCCC-DDDD"

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

const idOf = (prefix: string, n: number): string =>
  TypedId.fromBytes(prefix, TypedId.uuidV7(1_700_000_000_000, new Uint8Array(TypedId.randomByteLength).fill(n)))

const userOf = (n: number, address: User.Email): User.User => ({
  id: UserId.make(idOf("usr", n)),
  tenant,
  branch: BranchId.make("main"),
  customer: CustomerId.make(idOf("cus", n)),
  status: "active",
  email: address,
  emailVerifiedAt: Instant.fromMillis(1_700_000_000_000),
  profile: { fullName: "Ada Lovelace" },
  roles: ["customer"],
  kyc: { level: "basic", status: "approved" },
  createdAt: Instant.fromMillis(1_700_000_000_000),
  version: 1
})

export const ada = userOf(1, email)
export const grace = userOf(2, mfaEmail)
const edsger = userOf(3, otherEmail)

/** Stands for Argon2id, which has tests of its own and would take most of the time here. */
const hasher = Layer.succeed(PasswordHasher, {
  hash: (text) => Effect.succeed(`plain ${text}`),
  verify: (text, hash) => Effect.succeed(hash === `plain ${text}` ? "right" : "wrong")
})

const secrets = Layer.succeed(Secrets, {
  token: Effect.sync(() => randomBytes(32).toString("base64url")),
  digits: (length) => Effect.succeed("0".repeat(length)),
  recoveryCode: Effect.succeed(recoveryCode),
  digest
})

const totp = Layer.succeed(TotpCodes, {
  make: () => Effect.succeed({ secret: "", uri: "" }),
  stepOf: (_, code, millis) => (code === totpCode ? Math.floor(millis / 30_000) : undefined)
})

/** A passkey whose answer repeats the challenge. */
const passkeys = Layer.succeed(Passkeys, {
  registration: () => Effect.die(new Error("not here")),
  register: () => Effect.die(new Error("not here")),
  authentication: () =>
    Effect.sync(() => {
      const challenge = randomBytes(16).toString("base64url")
      return { options: { challenge }, challenge }
    }),
  authenticate: (answer, challenge) =>
    answer.challenge === challenge ? Effect.succeed(1) : Effect.die(new Error("not here"))
})

/** A ring whose keys tests change: a new one is published first and signs later. */
export const ringOf = async () => {
  let keys: ReadonlyArray<SigningKey> = []
  const key = async (): Promise<SigningKey> => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true })
    const kid = randomBytes(8).toString("hex")
    const at = Instant.fromMillis(Date.now())
    return { kid, jwk: { ...(await exportJWK(privateKey)), kid, alg: "ES256" }, createdAt: at, signsFrom: at }
  }
  keys = [await key()]
  return {
    signer: () => keys[0]?.kid,
    publishNext: async () => {
      keys = [...keys, await key()]
    },
    /** The next key signs, and those before it stay published. */
    signByNext: () => {
      const last = keys.at(-1)
      if (last !== undefined) keys = [last, ...keys.slice(0, -1)]
    },
    layer: Layer.succeed(KeyRing, {
      keys: Effect.sync(() => keys),
      refresh: Effect.void,
      rotate: () => Effect.die(new Error("not here"))
    })
  }
}

const credentialsOf = (user: User.User, hasFactors: boolean) => ({
  user: user.id,
  password: `plain ${password}`,
  recoveryCodes: hasFactors ? [digest("AAAABBBBCCCCDDDD")] : [],
  passkeys: hasFactors
    ? [{ id: "key-1", publicKey: "", counter: 0, transports: [], name: "Key", createdAt: user.createdAt }]
    : [],
  ...(hasFactors ? { totp: { secret: "S", confirmedAt: user.createdAt, lastStep: 0 } } : {}),
  identities: [],
  version: 1
})

/** Where the third parties of these tests are sent back to; nothing listens there. */
export const redirectUri = "https://planner.example/back"
export const appRedirectUri = "https://app.gophers.example/back"

export const confidential = { id: "app_confidential", secret: "s".repeat(43) }
export const publicApp = { id: "app_public" }
export const bound = { id: "app_bound" }
export const program = { id: "app_program", secret: "p".repeat(43) }

const thirdParty = {
  client_name: "Budget <Planner>",
  application_type: "web",
  redirect_uris: [redirectUri],
  post_logout_redirect_uris: ["https://planner.example/bye"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  scope: "openid email profile offline_access accounts:read payments:write"
}

const clients = [
  {
    ...thirdParty,
    client_id: confidential.id,
    client_secret: confidential.secret,
    token_endpoint_auth_method: "client_secret_basic",
    require_pushed_authorization_requests: true
  },
  { ...thirdParty, client_id: publicApp.id, token_endpoint_auth_method: "none" },
  { ...thirdParty, client_id: bound.id, token_endpoint_auth_method: "none", dpop_bound_access_tokens: true },
  {
    client_id: program.id,
    client_name: "Settlement",
    client_secret: program.secret,
    token_endpoint_auth_method: "client_secret_basic",
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "payments:write bank:admin"
  }
]

const seeded = Effect.gen(function* () {
  const users = yield* UserStore
  yield* users.insert(ada, credentialsOf(ada, false))
  yield* users.insert(grace, credentialsOf(grace, true))
  yield* users.insert(edsger, credentialsOf(edsger, false))
  const artifacts = yield* ArtifactStore
  for (const client of clients)
    yield* artifacts.upsert({ model: clientModel, id: client.client_id, payload: JSON.stringify(client) })
})

/** The artifacts' store behind a switch: away, it answers nothing. */
const switchable = (state: { isAway: boolean }) =>
  Layer.effect(
    ArtifactStore,
    Effect.map(ArtifactStore, (store) => {
      const or = <A>(effect: Effect.Effect<A, Away>) =>
        Effect.suspend(() => (state.isAway ? Effect.fail(new UserStoreUnavailable({ reason: "away" })) : effect))
      return ArtifactStore.of({
        upsert: (artifact) => or(store.upsert(artifact)),
        find: (model, id) => or(store.find(model, id)),
        findByUid: (model, uid) => or(store.findByUid(model, uid)),
        findByUserCode: (model, code) => or(store.findByUserCode(model, code)),
        consume: (model, id, at) => or(store.consume(model, id, at)),
        destroy: (model, id) => or(store.destroy(model, id)),
        revokeGrant: (grantId) => or(store.revokeGrant(grantId)),
        list: (model) => or(store.list(model))
      })
    })
  )

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  })

/** Users of these tests log in here alone, unless told. */
const noProviders = Layer.succeed(IdentityProviders, {
  all: [],
  begin: (provider) => Effect.fail(new UnknownProvider({ provider })),
  complete: (provider) => Effect.fail(new UnknownProvider({ provider }))
})

/**
 * Starts the bank's provider; `more` over the options of these tests, other stores than those in memory, and other
 * providers to log in at.
 */
export const startBank = async (
  more: Partial<OidcOptions> = {},
  users: typeof usersLayer = usersLayer,
  providers: Layer.Layer<IdentityProviders> = noProviders
) => {
  let handler: (req: IncomingMessage, res: ServerResponse) => void = () => undefined
  const server = createServer((req, res) => handler(req, res))
  const address = `http://127.0.0.1:${await listening(server)}`
  const { issuer = address } = more
  const ring = await ringOf()
  const state = { isAway: false }
  const terms = Layer.succeed(Terms, { ...Permission.termsUsual, tenant })
  const stores = Layer.provideMerge(switchable(state), users)
  const services = Layer.mergeAll(
    stores,
    ring.layer,
    terms,
    ids,
    hasher,
    secrets,
    totp,
    passkeys,
    providers,
    auditLogLayer,
    inboxMailerLayer
  )
  const provider = layer({
    audience: "bank",
    cookieKeys: ["a secret of tests that is long enough"],
    appRedirectUris: [appRedirectUri],
    requestsPerMinuteMax: 100_000,
    ...more,
    issuer
  })
  const runtime = ManagedRuntime.make(Layer.provideMerge(provider, services))
  await runtime.runPromise(seeded)
  handler = (await runtime.runPromise(OidcProvider)).handler
  return {
    issuer,
    /** Where it listens, whatever it is known as. */
    address,
    ring,
    state,
    run: runtime.runPromise,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await runtime.dispose()
    }
  }
}

export type TestBank = Awaited<ReturnType<typeof startBank>>
