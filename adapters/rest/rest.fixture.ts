/** A bank behind the REST edge, for tests: requests go in and answers come out without a socket. */
import { Clock, Duration, Effect, Layer, ManagedRuntime } from "effect"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import { Bank } from "../../application/ports/Bank.ts"
import type { Caller } from "../../application/ports/Caller.ts"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import type { Mail } from "../../application/ports/Outside.ts"
import type { Terms } from "../../application/ports/Terms.ts"
import { UserStore } from "../../application/ports/UserStore.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId } from "../../domain/identity/index.ts"
import { CustomerId } from "../../domain/ids/index.ts"
import { TreeHead } from "../../domain/proofs/index.ts"
import { anyone } from "../contract/index.ts"
import { accessLayer, Inbox, inboxMailerLayer, usersLayer } from "../memory/index.ts"
import { type RestOptions, restApp } from "./index.ts"
import { outside, tokens } from "./outside.fixture.ts"

/** When it always is in these tests, unless a test moves the clock. */
export const start = Date.UTC(2026, 10, 24, 3, 42, 14, 123)

const customers: ReadonlyMap<string, CustomerId> = new Map([
  ["ann", CustomerId.make("cus_01h455vb4pex5vsknk084sn0an")],
  ["bob", CustomerId.make("cus_01h455vb4pex5vsknk084sn0bb")]
])

const customerOf = (token: string): Caller | undefined => {
  const customer = customers.get(token)
  return customer === undefined ? undefined : { ...anyone, id: token, customer }
}

const secretKey = new Uint8Array(32).fill(7)
const signer = Layer.succeed(
  HeadSigner,
  HeadSigner.of({
    publicKey: TreeHead.publicKeyOf(secretKey),
    sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey))
  })
)

/** What a test sends; `ann` is the caller unless it names another token, or null for none. */
export interface Sending {
  readonly body?: unknown
  readonly raw?: BodyInit
  readonly key?: string
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer, its body read; `json` gives values by their path, such as `at("balances.posted.amount")`. */
export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly at: (path: string) => unknown
  /** As `at`, for text; fails the test where there is none. */
  readonly textAt: (path: string) => string
}

const valueAt = (value: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : undefined,
      value
    )

const isJson = (headers: Headers): boolean => /[/+]json\b/u.test(headers.get("content-type") ?? "")

let keys = 0

/** A key that no test has used. */
export const freshKey = (): string => `test-${++keys}`

/** What a test decides besides how requests are answered. */
export interface BankOptions extends Omit<RestOptions, "runtime"> {
  /** Those of a simulation unless given. */
  readonly terms?: Terms["Service"]
  /** Callers by their tokens, besides `ann` and `bob`, who may do everything; those who are users are stored as such. */
  readonly callers?: ReadonlyMap<string, Caller>
}

const stored = Effect.fnUntraced(function* ({ user, customer, roles, tenant, branch = BranchId.make("main") }: Caller) {
  if (user === undefined) return
  const whose = customer === undefined ? {} : { customer }
  const kyc = { level: "none", status: "none" } as const
  const record = { id: user, tenant, branch, ...whose, status: "active", roles, kyc, version: 1 } as const
  const credentials = { user, recoveryCodes: [], passkeys: [], identities: [], version: 1 }
  yield* (yield* UserStore).insert({ ...record, createdAt: Instant.fromMillis(start) }, credentials)
})

/** Starts a bank on the given stores. */
export const startBank = (
  stores: Layer.Layer<AccountStore | Ids | Ledger | LedgerTree>,
  { terms, callers = new Map(), ...options }: BankOptions = {}
) => {
  let now = start
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const timer = setTimeout(() => resume(Effect.void), Duration.toMillis(duration))
        return Effect.sync(() => clearTimeout(timer))
      })
  }
  const guarded = Layer.provideMerge(accessLayer(terms), stores)
  const people = Layer.mergeAll(
    outside,
    inboxMailerLayer,
    tokens((token) => callers.get(token) ?? customerOf(token))
  )
  const services = Layer.mergeAll(
    Layer.provideMerge(people, usersLayer),
    Layer.provide(Layer.effectDiscard(Effect.orDie(Effect.forEach([...callers.values()], stored))), guarded),
    guarded,
    signer,
    Layer.succeed(Bank, { products: Product.builtIn })
  )
  const runtime = ManagedRuntime.make(Layer.provideMerge(services, Layer.succeed(Clock.Clock, clock)))
  const app = restApp({ runtime, ...options })

  const send = async (method: string, path: string, sending: Sending = {}): Promise<Received> => {
    const { body, raw, key, token = "ann", headers = {} } = sending
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await app.handle(
      new Request(`http://bank.test${path}`, {
        method,
        ...(content === undefined ? {} : { body: content }),
        // Node takes a stream as a body only so.
        ...(content instanceof ReadableStream ? { duplex: "half" } : {}),
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...(content === undefined ? {} : { "Content-Type": "application/json" }),
          ...(key === undefined ? {} : { "Idempotency-Key": key }),
          ...headers
        }
      })
    )
    const text = await response.text()
    const json: unknown = isJson(response.headers) && text !== "" ? JSON.parse(text) : undefined
    const at = (path: string): unknown => valueAt(json, path)
    const textAt = (path: string): string => {
      const value = at(path)
      if (typeof value !== "string") throw new Error(`no text at ${path} in ${response.status} ${text}`)
      return value
    }
    return { status: response.status, headers: response.headers, text, at, textAt }
  }

  const openAccount = async (currency = "USD"): Promise<string> =>
    (await send("POST", "/v1/accounts", { body: { product: "checking", currency } })).textAt("id")

  /** An account with this much on it. */
  const fundedAccount = async (amount: string, currency = "USD"): Promise<string> => {
    const id = await openAccount(currency)
    const body = { amount: { amount, currency } }
    const { status, text } = await send("POST", `/v1/accounts/${id}/deposits`, { body, key: freshKey() })
    if (status !== 201) throw new Error(text)
    return id
  }

  const posted = async (id: string): Promise<string> =>
    (await send("GET", `/v1/accounts/${id}`)).textAt("balances.posted.amount")

  const setTime = (millis: number): void => {
    now = millis
  }
  /** The newest mail to an address; some are sent once the answer is. */
  const mailTo = async (address: string): Promise<Mail | undefined> => {
    const inbox = await runtime.runPromise(Effect.andThen(Effect.yieldNow, Inbox))
    return inbox.all().findLast(({ to }) => to === address)?.mail
  }

  /** The code or the token in it. */
  const secretTo = async (address: string): Promise<string> => {
    const mail = await mailTo(address)
    if (mail !== undefined && "code" in mail) return mail.code
    if (mail !== undefined && "token" in mail) return mail.token
    throw new Error(`no code for ${address}`)
  }

  return {
    app,
    send,
    openAccount,
    fundedAccount,
    posted,
    setTime,
    mailTo,
    secretTo,
    now: () => now,
    dispose: () => runtime.dispose()
  }
}

export type TestBank = ReturnType<typeof startBank>
