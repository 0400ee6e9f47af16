import { Effect, Schema } from "effect"
import { AccessGuards } from "../../../application/access/index.ts"
import {
  ClientView,
  listClients,
  RegisterClient,
  RegisteredClient,
  RemoveClient,
  registerClient,
  removeClient
} from "../../../application/clients/index.ts"
import { endpoint } from "../Endpoint.ts"
import { nothing } from "../Nothing.ts"

/** Apps of third parties, and programs, that ask the bank for tokens. */
export const clients = [
  endpoint({
    method: "POST",
    path: "/v1/clients",
    operationId: "registerClient",
    summary: "Register an app or a program; its secret is shown this once",
    command: RegisterClient,
    answer: RegisteredClient,
    answerName: "RegisteredClient",
    status: 201,
    errors: ["ClientNeedsSecret", "ClientRedirectMismatch", "ScopeNotGrantable", "KeysUnavailable"],
    example: {
      name: "Household Ledger",
      confidentiality: "confidential",
      grantTypes: ["authorization_code", "refresh_token"],
      redirectUris: ["https://ledger.example/callback"],
      scopes: ["accounts:read"]
    },
    guard: AccessGuards.registerClient,
    run: (command) => registerClient(command)
  }),
  endpoint({
    method: "GET",
    path: "/v1/clients",
    operationId: "listClients",
    summary: "List apps and programs in the order of registration",
    command: Schema.Struct({}),
    answer: Schema.Struct({ items: Schema.Array(ClientView) }),
    answerName: "ClientList",
    status: 200,
    errors: ["KeysUnavailable"],
    guard: AccessGuards.listClients,
    run: () => Effect.map(listClients(), (items) => ({ items }))
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/clients/{client}",
    operationId: "removeClient",
    summary: "Remove an app or a program: it gets no more tokens",
    command: RemoveClient,
    ...nothing,
    errors: ["ClientNotFound", "KeysUnavailable"],
    guard: AccessGuards.removeClient,
    run: (command) => Effect.as(removeClient(command), {})
  })
]
