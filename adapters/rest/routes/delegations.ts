import { AccessGuards } from "../../../application/access/index.ts"
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
} from "../../../application/delegations/index.ts"
import { Delegation } from "../../../domain/identity/index.ts"
import { endpoint } from "../Endpoint.ts"
import { account, amount, customer } from "../examples.ts"

const delegationAnswer = { answer: Delegation.Delegation, answerName: "Delegation" }

/** What customers let each other do with their accounts. */
export const delegations = [
  endpoint({
    method: "POST",
    path: "/v1/delegations",
    operationId: "createDelegation",
    summary: "Let another customer see, use or manage an account, or all of them",
    command: CreateDelegation,
    ...delegationAnswer,
    status: 201,
    errors: [
      "OwnerNotFound",
      "CustomerRequired",
      "DelegationToSelf",
      "DelegationEndsBeforeStart",
      "AccountNotFound",
      "CurrencyMismatch",
      "IdempotencyConflict"
    ],
    location: ({ id }) => `/v1/delegations/${id}`,
    example: { grantee: customer, account, kind: "joint_holder", right: "transact", amountMax: amount },
    guard: AccessGuards.createDelegation,
    run: (command, { key, caller }) => createDelegation(command, key, caller.customer)
  }),
  endpoint({
    method: "GET",
    path: "/v1/delegations",
    operationId: "listDelegations",
    summary: "List what a customer gave and got, newest first",
    command: ListDelegations,
    answer: DelegationList,
    answerName: "DelegationList",
    status: 200,
    errors: ["OwnerNotFound", "CustomerRequired"],
    query: { customer: "text" },
    guard: AccessGuards.listDelegations,
    run: (query, { caller }) => listDelegations(query, caller.customer)
  }),
  endpoint({
    method: "GET",
    path: "/v1/delegations/{delegation}",
    operationId: "getDelegation",
    summary: "Read a delegation",
    command: GetDelegation,
    ...delegationAnswer,
    status: 200,
    errors: ["DelegationNotFound"],
    guard: AccessGuards.readDelegation,
    run: (query) => getDelegation(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/delegations/{delegation}/revoke",
    operationId: "revokeDelegation",
    summary: "End a delegation, given or got",
    command: RevokeDelegation,
    ...delegationAnswer,
    status: 200,
    errors: ["DelegationNotFound"],
    guard: AccessGuards.revokeDelegation,
    run: (command) => revokeDelegation(command)
  })
]
