import { Effect, Layer, Option, Ref } from "effect"
import { layer as ids } from "../../adapters/ids/index.ts"
import { accountService, proofService, serve, transactionService } from "../../adapters/rpc/index.ts"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import { Bank } from "../../application/ports/Bank.ts"
import type { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import { Product } from "../../domain/accounts/index.ts"
import { database, dataDirOf } from "./Database.ts"
import { demoData } from "./DemoData.ts"
import * as DevelopmentToken from "./DevelopmentToken.ts"
import { jobs } from "./Jobs.ts"
import { PortTaken, serveRest } from "./Rest.ts"
import { identityOf, type Settings, settings } from "./Settings.ts"
import { signer } from "./SigningKey.ts"
import { stores, treeOf } from "./Stores.ts"

const tokenOf = (from: Settings): Effect.Effect<string> =>
  Option.match(from.token, {
    onSome: Effect.succeed,
    onNone: () => DevelopmentToken.keepToken(Option.isSome(from.databaseUrl) ? undefined : `${dataDirOf(from)}/token`)
  })

const services = (from: Settings, url: string, token: string, signing: Layer.Layer<HeadSigner>) =>
  Layer.mergeAll(
    Layer.provideMerge(Layer.provideMerge(treeOf(url), signing), stores(url)),
    DevelopmentToken.layer(token),
    Layer.succeed(Bank, Bank.of({ identity: identityOf(from), products: Product.builtIn })),
    ids
  )

type RpcServices = AccountStore | Bank | HeadSigner | Ids | Ledger | LedgerTree

/** Everything that runs once the stores are there. It ends in the reverse order: edges, jobs, stores, database. */
const running = Effect.fnUntraced(function* (from: Settings) {
  const demo = from.demo ? yield* demoData() : undefined
  yield* jobs
  const isReady = yield* Ref.make(false)
  // The ledger service trusts its caller with any key and command: it is for services, not for this public port.
  const rpc = yield* serve<RpcServices>([accountService, transactionService, proofService], {
    host: from.host,
    port: from.rpcPort
  }).pipe(
    Effect.catchTag("ListenFailed", ({ host, port, reason }) =>
      Effect.fail(new PortTaken({ setting: "BANK_RPC_PORT", host, port, reason }))
    )
  )
  const rest = yield* serveRest({
    host: from.host,
    port: from.restPort,
    requestsPerSecond: from.requestsPerSecond,
    ready: Ref.get(isReady)
  })
  yield* Effect.acquireRelease(Ref.set(isReady, true), () => Ref.set(isReady, false))
  return { restUrl: `http://${from.host}:${rest.port}`, rpcUrl: `http://${from.host}:${rpc.port}`, demo }
})

/** Starts the whole bank in this process; it stops when the scope closes. */
export const bank = Effect.gen(function* () {
  const from = yield* settings
  const { url, label } = yield* database(from)
  const token = yield* tokenOf(from)
  const context = yield* Layer.build(services(from, url, token, yield* signer(from)))
  const started = yield* Effect.provideContext(running(from), context)
  return { ...started, database: label, token }
})
