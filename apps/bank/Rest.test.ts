import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect, Exit, Layer, Scope } from "effect"
import { layer as ids } from "../../adapters/ids/index.ts"
import { accessLayer, layer as memory, termsOfSimulation } from "../../adapters/memory/index.ts"
import { HeadSigner } from "../../adapters/signing/index.ts"
import { Bank } from "../../application/ports/Bank.ts"
import { Authenticator, Unauthenticated } from "../../application/ports/Caller.ts"
import { Product } from "../../domain/accounts/index.ts"
import * as DevelopmentToken from "./DevelopmentToken.ts"
import { serveRest } from "./Rest.ts"

const token = "token-of-the-test"

const nobody = Layer.succeed(
  Authenticator,
  Authenticator.of({ authenticate: () => Effect.fail(new Unauthenticated({ reason: "invalid" })) })
)

test("a stop lets who follows entries go at once", { timeout: 20_000 }, async () => {
  const services = Layer.mergeAll(
    Layer.provideMerge(accessLayer(), Layer.provideMerge(memory, ids)),
    Layer.provide(DevelopmentToken.layer(token, termsOfSimulation.tenant), nobody),
    Layer.succeed(Bank, Bank.of({ products: Product.builtIn })),
    HeadSigner.layer(new Uint8Array(32).fill(7))
  )
  const scope = await Effect.runPromise(Scope.make())
  const { port } = await Effect.runPromise(
    serveRest({
      host: "127.0.0.1",
      port: 0,
      requestsPerSecond: 100,
      publicUrl: undefined,
      trustedProxies: 0,
      ready: Effect.succeed(true)
    }).pipe(Effect.provide(services), Scope.provide(scope))
  )
  const url = `http://127.0.0.1:${port}/v1/accounts`
  const authorization = `Bearer ${token}`
  const opened = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ product: "checking", currency: "USD" })
  })
  assert.equal(opened.status, 201)
  const { id } = Object(await opened.json())
  const { body } = await fetch(`${url}/${id}/entries/stream`, { headers: { authorization } })
  const reader = body?.getReader()
  assert.equal((await reader?.read())?.done, false)
  const begun = performance.now()
  await Effect.runPromise(Scope.close(scope, Exit.void))
  assert.ok(performance.now() - begun < 1000)
  while ((await reader?.read())?.done === false);
})
