import { Effect, Schema } from "effect"
import { ArtifactStore } from "../ports/Tokens.ts"
import { clientModel, clientView, MetadataText } from "./Client.ts"

const decode = Schema.decodeEffect(MetadataText)

/** Every registered client in the order of registration, at most 1000. Errors: UserStoreUnavailable, KeysUnavailable. */
export const listClients = Effect.fn("clients.list")(function* () {
  const artifacts = yield* ArtifactStore
  const stored = yield* artifacts.list(clientModel)
  return yield* Effect.forEach(stored, ({ payload }) => decode(payload).pipe(Effect.map(clientView), Effect.orDie))
})
