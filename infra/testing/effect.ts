import { test } from "node:test"
import { Effect, type Layer, type Scope } from "effect"

/** Runs an effect with what the layer provides, to its value; its failure rejects. The scope closes at the end. */
export const run = <A, E, R, E2>(effect: Effect.Effect<A, E, R | Scope.Scope>, layer: Layer.Layer<R, E2>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.provide(effect, layer)))

/** Tests written as effects: `const it = withLayer(layer)`, then `it.effect("…", () => Effect.gen(…))`; a layer each. */
export const withLayer = <R, E2>(layer: Layer.Layer<R, E2>) => ({
  effect: <A, E>(name: string, body: () => Effect.Effect<A, E, R | Scope.Scope>): void =>
    void test(name, () => run(Effect.asVoid(body()), layer))
})
