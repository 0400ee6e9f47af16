/** `bank.access.v1.DelegationService` over the use cases of `application/delegations`. */
import { AccessGuards } from "../../application/access/index.ts"
import {
  CreateDelegation,
  createDelegation,
  DelegationList,
  GetDelegation,
  getDelegation,
  ListDelegations,
  listDelegations,
  RevokeDelegation,
  revokeDelegation
} from "../../application/delegations/index.ts"
import { Delegation } from "../../domain/identity/index.ts"
import { DelegationService } from "../../proto/gen/bank/access/v1/delegation_service_pb.ts"
import { guarded } from "./Door.ts"
import { keyed, type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = DelegationService
const delegation = { answer: Delegation.Delegation, as: "delegation" } as const

const rpcs = {
  createDelegation: keyed({
    method: method.createDelegation,
    door: guarded(AccessGuards.createDelegation),
    command: CreateDelegation,
    ...delegation,
    run: (command, key, { caller }) => createDelegation(command, key, caller.customer)
  }),
  getDelegation: unary({
    method: method.getDelegation,
    door: guarded(AccessGuards.readDelegation),
    command: GetDelegation,
    ...delegation,
    run: getDelegation
  }),
  listDelegations: unary({
    method: method.listDelegations,
    door: guarded(AccessGuards.listDelegations),
    command: ListDelegations,
    answer: DelegationList,
    run: (query, { caller }) => listDelegations(query, caller.customer)
  }),
  revokeDelegation: unary({
    method: method.revokeDelegation,
    door: guarded(AccessGuards.revokeDelegation),
    command: RevokeDelegation,
    ...delegation,
    run: revokeDelegation
  })
}

/** What customers let each other do. */
export const delegationService: RpcService<Needs<typeof rpcs>> = {
  desc: DelegationService,
  register: (router, context, options) => {
    router.service(
      DelegationService,
      {
        createDelegation: rpcs.createDelegation(context),
        getDelegation: rpcs.getDelegation(context),
        listDelegations: rpcs.listDelegations(context),
        revokeDelegation: rpcs.revokeDelegation(context)
      },
      options
    )
  }
}
