import { Effect, Layer, Option, Ref } from "effect"
import { OidcProvider } from "../../adapters/oidc/index.ts"
import type { RestServices } from "../../adapters/rest/index.ts"
import {
  accountService,
  approvalService,
  auditService,
  clientService,
  delegationService,
  factorService,
  federationService,
  proofService,
  type RpcService,
  serve,
  sessionService,
  transactionService,
  userService
} from "../../adapters/rpc/index.ts"
import { Bank } from "../../application/ports/Bank.ts"
import type { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { Product } from "../../domain/accounts/index.ts"
import { authServer } from "./AuthServer.ts"
import { addressIn } from "./ClientAddress.ts"
import { database, dataDirOf } from "./Database.ts"
import { demoData } from "./DemoData.ts"
import * as DevelopmentToken from "./DevelopmentToken.ts"
import { type Addresses, identity } from "./Identity.ts"
import { jobs } from "./Jobs.ts"
import { administratorPresent, demoPeoplePresent } from "./People.ts"
import { PortTaken, serveRest } from "./Rest.ts"
import { identityOf, type Settings, settings } from "./Settings.ts"
import { signer } from "./SigningKey.ts"
import { stores, treeOf } from "./Stores.ts"

/** The development token; there is none in production. */
const tokenOf = (from: Settings): Effect.Effect<string | undefined> =>
  from.mode === "production"
    ? Effect.succeed(undefined)
    : Option.match(from.token, {
        onSome: Effect.succeed,
        onNone: () =>
          DevelopmentToken.keepToken(Option.isSome(from.databaseUrl) ? undefined : `${dataDirOf(from)}/token`)
      })

const services = Effect.fnUntraced(function* (
  from: Settings,
  url: string,
  addresses: Addresses,
  token: string | undefined,
  signing: Layer.Layer<HeadSigner>
) {
  const people = yield* identity(from, addresses, token)
  return Layer.mergeAll(
    people,
    Layer.provideMerge(treeOf(url), signing),
    Layer.succeed(Bank, Bank.of({ identity: identityOf(from), products: Product.builtIn }))
  ).pipe(Layer.provideMerge(stores(from, url)))
})

/** The ledger service trusts its caller with any key and command: it is for services, not for this public port. */
const rpcServices: ReadonlyArray<RpcService<RestServices>> = [
  accountService,
  transactionService,
  proofService,
  userService,
  sessionService,
  factorService,
  federationService,
  delegationService,
  approvalService,
  auditService,
  clientService
]

/** Everything that runs once the stores are there. It ends in the reverse order: edges, jobs, stores, database. */
const running = Effect.fnUntraced(function* (from: Settings, publicUrl: string | undefined) {
  yield* administratorPresent(from)
  const demo = from.demo ? { ...(yield* demoData()), logins: yield* demoPeoplePresent(from) } : undefined
  yield* jobs
  const isReady = yield* Ref.make(false)
  const rpc = yield* serve(rpcServices, {
    host: from.host,
    port: from.rpcPort,
    addressOf: (forwardedFor, peer) => addressIn(forwardedFor, peer, from.identity.trustedProxies)
  }).pipe(
    Effect.catchTag("ListenFailed", ({ host, port, reason }) =>
      Effect.fail(new PortTaken({ setting: "BANK_RPC_PORT", host, port, reason }))
    )
  )
  const rest = yield* serveRest({
    host: from.host,
    port: from.restPort,
    requestsPerSecond: from.requestsPerSecond,
    publicUrl,
    trustedProxies: from.identity.trustedProxies,
    ready: Ref.get(isReady)
  })
  yield* Effect.acquireRelease(Ref.set(isReady, true), () => Ref.set(isReady, false))
  return { restUrl: `http://${from.host}:${rest.port}`, rpcUrl: `http://${from.host}:${rpc.port}`, demo }
})

/** Starts the whole bank in this process; it stops when the scope closes. */
export const bank = Effect.gen(function* () {
  const from = yield* settings
  const auth = yield* authServer({ host: from.host, port: from.identity.authPort })
  const issuer = Option.getOrElse(from.identity.issuer, () => `http://localhost:${auth.port}`)
  const publicUrl = Option.getOrUndefined(from.identity.publicUrl)
  const { url, label } = yield* database(from)
  const token = yield* tokenOf(from)
  const layer = yield* services(from, url, { issuer, publicUrl }, token, yield* signer(from))
  const context = yield* Layer.build(layer)
  const { handler } = yield* Effect.provideContext(OidcProvider, context)
  yield* auth.serveBy(handler)
  const started = yield* Effect.provideContext(running(from, publicUrl), context)
  return { ...started, authUrl: issuer, database: label, token }
})
