import { Effect, Schema } from "effect"
import { ArtifactStore } from "../ports/Tokens.ts"
import { ClientId, clientModel } from "./Client.ts"

/** Removes a client: it gets no more tokens, and those that it has end within minutes. */
export const RemoveClient = Schema.Struct({ client: ClientId })
export type RemoveClient = typeof RemoveClient.Type

/** There is no such client. */
export class ClientNotFound extends Schema.TaggedError<ClientNotFound>()("ClientNotFound", {
  clientId: Schema.String
}) {}

/** Removes it. Errors, first wins: ClientNotFound, UserStoreUnavailable, KeysUnavailable. */
export const removeClient = Effect.fn("clients.remove")(function* ({ client }: RemoveClient) {
  const artifacts = yield* ArtifactStore
  const found = yield* artifacts.find(clientModel, client)
  if (found === undefined) return yield* Effect.fail(new ClientNotFound({ clientId: client }))
  yield* artifacts.destroy(clientModel, client)
})
