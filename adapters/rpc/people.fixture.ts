/**
 * A bank over RPC whose users log in, in memory: hashes, codes and signatures are ones that a test can write, and an access
 * token is its session's id.
 */
import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import { after, before } from "node:test"
import type { JsonObject } from "@bufbuild/protobuf"
import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Clock, Context, Effect, Layer, ManagedRuntime } from "effect"
import { Bank } from "../../application/ports/Bank.ts"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { BreachedPasswords, PasswordHasher, Secrets } from "../../application/ports/Crypto.ts"
import * as IdsPort from "../../application/ports/Ids.ts"
import {
  FederationFailed,
  IdentityProviders,
  IdentityVerification,
  UnknownProvider
} from "../../application/ports/Outside.ts"
import { PasskeyRefused, Passkeys, TotpCodes } from "../../application/ports/SecondFactors.ts"
import { TokenIssuer } from "../../application/ports/Tokens.ts"
import { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, Permission, type Role, Session, scopes, TenantId } from "../../domain/identity/index.ts"
import { SessionId, TypedId, UserId } from "../../domain/ids/index.ts"
import { ApprovalService } from "../../proto/gen/bank/access/v1/approval_service_pb.ts"
import { AuditService } from "../../proto/gen/bank/access/v1/audit_service_pb.ts"
import { ClientService } from "../../proto/gen/bank/access/v1/client_service_pb.ts"
import { DelegationService } from "../../proto/gen/bank/access/v1/delegation_service_pb.ts"
import { AccountService } from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import { FactorService } from "../../proto/gen/bank/user/v1/factor_service_pb.ts"
import { FederationService } from "../../proto/gen/bank/user/v1/federation_service_pb.ts"
import { SessionService } from "../../proto/gen/bank/user/v1/session_service_pb.ts"
import { UserService } from "../../proto/gen/bank/user/v1/user_service_pb.ts"
import * as Ids from "../ids/index.ts"
import {
  accessLayer,
  artifactStoreLayer,
  challengeStoreLayer,
  Inbox,
  inboxMailerLayer,
  loginThrottleLayer,
  layer as memoryLayer,
  sessionStoreLayer
} from "../memory/index.ts"
import {
  accountService,
  approvalService,
  auditService,
  clientService,
  delegationService,
  factorService,
  federationService,
  serve,
  sessionService,
  userService
} from "./index.ts"

const hashOf = (password: string): string => `hash of ${password}`

/** What a passkey answers to options. */
export const answerTo = (options: JsonObject | undefined, id = "passkey-1"): JsonObject => ({
  id,
  signature: `signature of ${String(options?.challenge)}`
})

const challenged = (more: JsonObject = {}) =>
  Effect.sync(() => {
    const challenge = randomBytes(16).toString("base64url")
    return { options: { challenge, nested: [{ depth: 2 }], ...more }, challenge }
  })

const isSigned = ({ signature }: { readonly [key: string]: unknown }, challenge: string): boolean =>
  signature === `signature of ${challenge}`

const refused = Effect.fail(new PasskeyRefused({ reason: "signature" }))

const factors = Layer.succeedContext(
  Context.make(
    PasswordHasher,
    PasswordHasher.of({
      hash: (password) => Effect.succeed(hashOf(password)),
      verify: (password, hash) => Effect.succeed(hash === hashOf(password) ? "right" : "wrong")
    })
  ).pipe(
    Context.add(
      Secrets,
      Secrets.of({
        token: Effect.sync(() => randomBytes(32).toString("base64url")),
        digits: (length) =>
          Effect.sync(() => String(randomBytes(6).readUIntBE(0, 6)).padStart(length, "0").slice(-length)),
        recoveryCode: Effect.sync(() => randomBytes(8).toString("hex").toUpperCase()),
        digest: (text) => createHash("sha256").update(text).digest("hex")
      })
    ),
    Context.add(
      BreachedPasswords,
      BreachedPasswords.of({ has: (password) => Effect.succeed(password === "password1234") })
    ),
    // A code is its own step, so that a later one is a larger number; 999999 is always wrong.
    Context.add(
      TotpCodes,
      TotpCodes.of({
        make: (account) => Effect.succeed({ secret: "JBSWY3DP", uri: `otpauth://totp/bank:${account}` }),
        stepOf: (_, code) => (code === "999999" ? undefined : Number(code))
      })
    ),
    Context.add(
      Passkeys,
      Passkeys.of({
        registration: (user) => challenged({ user: user.id }),
        register: (answer, challenge) =>
          isSigned(answer, challenge)
            ? Effect.succeed({ id: String(answer.id), publicKey: "key", counter: 0, transports: ["internal"] })
            : refused,
        authentication: () => challenged(),
        authenticate: (answer, challenge, { counter }) =>
          isSigned(answer, challenge) ? Effect.succeed(counter + 1) : refused
      })
    )
  )
)

const others = Layer.mergeAll(
  Layer.succeed(
    IdentityVerification,
    IdentityVerification.of({ check: () => Effect.succeed({ outcome: "review", reference: "check-1" }) })
  ),
  // Whoever comes back from the provider `first` is who the callback's query names.
  Layer.succeed(
    IdentityProviders,
    IdentityProviders.of({
      all: [{ name: "first", title: "First" }],
      begin: (provider) =>
        provider === "first"
          ? Effect.succeed({ url: "https://first.example/login", state: "state", kept: "kept" })
          : Effect.fail(new UnknownProvider({ provider })),
      complete: (provider, callback) => {
        const subject = new URL(callback).searchParams.get("who")
        return subject === null
          ? Effect.fail(new FederationFailed({ provider, reason: "nobody" }))
          : Effect.succeed({
              issuer: "https://first.example",
              subject,
              email: `${subject}@first.example`,
              emailVerified: true,
              name: subject
            })
      }
    })
  ),
  Layer.succeed(
    TokenIssuer,
    TokenIssuer.of({
      issue: ({ id }) =>
        Effect.succeed({ accessToken: id, refreshToken: `refresh-${id}`, expiresInSeconds: 600, scopes }),
      revoke: () => Effect.void
    })
  )
)

/** Knows the user of a session's id, as the user is now. */
const authenticator = Layer.effect(
  Authenticator,
  Effect.gen(function* () {
    const sessions = yield* SessionStore
    const users = yield* UserStore
    const callerOf = Effect.fnUntraced(function* (token: string) {
      const session = yield* sessions.find(SessionId.make(token))
      const { id, tenant, customer, roles, branch, kyc } = yield* users.find(session.user)
      if (session.revokedAt !== undefined) return yield* Effect.fail(new Unauthenticated({ reason: "invalid" }))
      const { assurance, authenticatedAt, client } = session
      const caller: Caller = {
        id,
        tenant,
        user: id,
        ...(customer === undefined ? {} : { customer }),
        roles,
        scopes,
        branch,
        kyc: kyc.level,
        assurance,
        authenticatedAt,
        client,
        session: session.id
      }
      return caller
    })
    const isToken = (token: string): boolean => /^ses_[0-9a-z]{26}$/u.test(token)
    const invalid = Effect.fail(new Unauthenticated({ reason: "invalid" }))
    return Authenticator.of({
      isOpen: () => true,
      authenticate: ({ token }) => (isToken(token) ? Effect.catch(callerOf(token), () => invalid) : invalid)
    })
  })
)

/** What logging in takes, over a store of users. */
export const loginLayer = Layer.mergeAll(
  factors,
  others,
  inboxMailerLayer,
  sessionStoreLayer,
  challengeStoreLayer,
  loginThrottleLayer,
  artifactStoreLayer
)

export const tenant = TenantId.make("bank")

const branch = BranchId.make("main")

/** The services of the bank's public port but those of the ledger. */
export const services = [
  accountService,
  userService,
  sessionService,
  factorService,
  federationService,
  delegationService,
  approvalService,
  auditService,
  clientService
]

const stores = Layer.mergeAll(
  loginLayer,
  accessLayer({ ...Permission.termsUsual, tenant }),
  Layer.succeed(Bank, { products: Product.builtIn })
).pipe(Layer.provideMerge(memoryLayer), Layer.provideMerge(Ids.seeded(1)))

const everything = Layer.provideMerge(authenticator, stores)

/** What an answer lacks makes the test fail here. */
export const present = <A>(value: A | undefined): A => value ?? assert.fail("expected a value")

/** A server of {@link services} over stores of its own, before and after the tests of a `describe`. */
export const servedBank = () => {
  let url = ""
  const sessions: Array<Http2SessionManager> = []
  const served = Layer.effectDiscard(
    Effect.map(
      serve<Layer.Success<typeof everything>>(services, { host: "127.0.0.1", port: 0, graceMillis: 100 }),
      ({ port }) => {
        url = `http://127.0.0.1:${port}`
      }
    )
  )
  const runtime = ManagedRuntime.make(Layer.provideMerge(served, everything))

  before(() => runtime.context())
  after(async () => {
    for (const session of sessions) session.abort()
    await runtime.dispose()
  })

  const transportOf = (token: string | undefined) => {
    const sessionManager = new Http2SessionManager(url)
    sessions.push(sessionManager)
    const bearing: Interceptor = (next) => (request) => {
      if (token !== undefined) request.header.set("authorization", `Bearer ${token}`)
      return next(request)
    }
    return createGrpcTransport({ baseUrl: url, sessionManager, interceptors: [bearing] })
  }

  /** Clients of every service, who call with this token. */
  const clientsOf = (token?: string) => {
    const transport = transportOf(token)
    return {
      accounts: createClient(AccountService, transport),
      users: createClient(UserService, transport),
      sessions: createClient(SessionService, transport),
      factors: createClient(FactorService, transport),
      federation: createClient(FederationService, transport),
      delegations: createClient(DelegationService, transport),
      approvals: createClient(ApprovalService, transport),
      audit: createClient(AuditService, transport),
      clients: createClient(ClientService, transport)
    }
  }

  /** The code or token of the newest mail to an address. */
  const mailed = async (to: string): Promise<string> => {
    const { all } = await runtime.runPromise(Inbox)
    const mail = present(all().findLast((each) => each.to === to)).mail
    return "code" in mail ? mail.code : "token" in mail ? mail.token : mail.template
  }

  /** Someone of the bank with a role, who has proved two factors now; gives its token. */
  const employed = (role: Role) =>
    runtime.runPromise(
      Effect.gen(function* () {
        const ids = yield* IdsPort.Ids
        const millis = yield* Clock.currentTimeMillis
        const now = Instant.fromMillis(millis)
        const user = UserId.make(TypedId.fromBytes("usr", ids.next(millis)))
        yield* (yield* UserStore).insert(
          {
            id: user,
            tenant,
            branch,
            status: "active",
            roles: [role],
            kyc: { level: "none", status: "none" },
            createdAt: now,
            version: 1
          },
          { user, recoveryCodes: [], passkeys: [], identities: [], version: 1 }
        )
        const id = SessionId.make(TypedId.fromBytes("ses", ids.next(millis)))
        yield* (yield* SessionStore).insert(Session.start({ id, user, client: "desk", methods: ["passkey"] }, now))
        return { user, token: id }
      })
    )

  return { url: () => url, transportOf, clientsOf, mailed, employed }
}

/** The code of an RPC's error, its problem, and what its metadata say. */
export const failureOf = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => assert.fail("expected an error"),
    (reason) => ConnectError.from(reason)
  )
  return { code: error.code, problem: present(error.findDetails(ProblemSchema)[0]), metadata: error.metadata }
}
