/** `bank.access.v1.ClientService` over the use cases of `application/clients`. */
import { Effect, Schema } from "effect"
import { AccessGuards } from "../../application/access/index.ts"
import {
  ClientView,
  listClients,
  RegisterClient,
  RegisteredClient,
  RemoveClient,
  registerClient,
  removeClient
} from "../../application/clients/index.ts"
import { ClientService } from "../../proto/gen/bank/access/v1/client_service_pb.ts"
import { guarded } from "./Door.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = ClientService

const rpcs = {
  registerClient: unary({
    method: method.registerClient,
    door: guarded(AccessGuards.registerClient),
    command: RegisterClient,
    answer: RegisteredClient,
    run: registerClient
  }),
  listClients: unary({
    method: method.listClients,
    door: guarded(AccessGuards.listClients),
    command: Schema.Struct({}),
    answer: Schema.Array(ClientView),
    as: "items",
    run: () => listClients()
  }),
  removeClient: unary({
    method: method.removeClient,
    door: guarded(AccessGuards.removeClient),
    command: RemoveClient,
    answer: Schema.Struct({}),
    run: (command) => Effect.as(removeClient(command), {})
  })
}

/** The apps and programs that ask the bank for tokens. */
export const clientService: RpcService<Needs<typeof rpcs>> = {
  desc: ClientService,
  register: (router, context, options) => {
    router.service(
      ClientService,
      {
        registerClient: rpcs.registerClient(context),
        listClients: rpcs.listClients(context),
        removeClient: rpcs.removeClient(context)
      },
      options
    )
  }
}
