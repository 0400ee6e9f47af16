import { Effect } from "effect"
import { UserGuards } from "../../../application/access/index.ts"
import {
  BeginFederatedLogin,
  BeginLinkIdentity,
  beginFederatedLogin,
  beginLinkIdentity,
  FederationBegun,
  FinishFederatedLogin,
  finishFederatedLogin,
  IdentityList,
  LinkIdentity,
  ListIdentities,
  ListProviders,
  linkIdentity,
  listIdentities,
  listProviders,
  ProviderList,
  UnlinkIdentity,
  unlinkIdentity
} from "../../../application/federation/index.ts"
import { appClient } from "../../../application/ports/Tokens.ts"
import { issueTokens, SessionAnswer } from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"
import { callback, ticket } from "../examples.ts"

const begun = { answer: FederationBegun, answerName: "FederationBegun", status: 200 } as const
const identityAnswer = { answer: IdentityList, answerName: "IdentityList", status: 200 } as const

/** Logins at other identity providers. */
export const federation = [
  endpoint({
    method: "GET",
    path: "/v1/identity-providers",
    operationId: "listIdentityProviders",
    summary: "List the providers at which users may log in",
    command: ListProviders,
    answer: ProviderList,
    answerName: "IdentityProviderList",
    status: 200,
    errors: [],
    guard: UserGuards.listProviders,
    run: (query) => listProviders(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/federated-logins",
    operationId: "beginFederatedLogin",
    summary: "Begin a login at another provider: where to send the browser, and the ticket to come back with",
    command: BeginFederatedLogin,
    ...begun,
    errors: ["UnknownProvider", "FederationFailed"],
    example: { provider: "google" },
    guard: UserGuards.beginLogin,
    run: (command) => beginFederatedLogin(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/federated-logins/complete",
    operationId: "finishFederatedLogin",
    summary: "Complete a login at another provider: tokens, or the second factor to follow",
    command: FinishFederatedLogin,
    answer: SessionAnswer,
    answerName: "SessionAnswer",
    status: 200,
    errors: [
      "FederatedLoginExpired",
      "UnknownProvider",
      "FederationFailed",
      "EmailNotVerified",
      "LinkRequired",
      "InvalidLogin",
      "KeysUnavailable"
    ],
    example: { callback, ticket },
    guard: UserGuards.finishFederatedLogin,
    run: Effect.fnUntraced(function* (command, { origin }) {
      const step = yield* finishFederatedLogin(command, appClient, origin)
      return step.step === "second_factor" ? step : yield* issueTokens(step)
    })
  }),
  endpoint({
    method: "GET",
    path: "/v1/users/{user}/identities",
    operationId: "listIdentities",
    summary: "List the logins at other providers that open a user's",
    command: ListIdentities,
    ...identityAnswer,
    errors: ["UserNotFound"],
    guard: UserGuards.readIdentities,
    run: (query) => listIdentities(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/identities/begin",
    operationId: "beginLinkIdentity",
    summary: "Begin to link a login at another provider",
    command: BeginLinkIdentity,
    ...begun,
    errors: ["UserNotFound", "StepUpRequired", "UnknownProvider", "FederationFailed"],
    example: { provider: "google" },
    guard: UserGuards.beginIdentity,
    run: (command, { caller }) => beginLinkIdentity(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/identities",
    operationId: "linkIdentity",
    summary: "Link the login that the browser came back with",
    command: LinkIdentity,
    ...identityAnswer,
    errors: [
      "FederatedLoginExpired",
      "UnknownProvider",
      "FederationFailed",
      "UserNotFound",
      "StepUpRequired",
      "FactorExists",
      "IdentityTaken",
      "UserChanged"
    ],
    example: { callback, ticket },
    guard: UserGuards.changeIdentities,
    run: (command, { caller }) => linkIdentity(command, caller)
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/users/{user}/identities/{identity}",
    operationId: "unlinkIdentity",
    summary: "Let a login at another provider open the user's no more; answers those that are left",
    command: UnlinkIdentity,
    ...identityAnswer,
    errors: ["UserNotFound", "IdentityNotFound", "StepUpRequired", "LastLogin", "UserChanged"],
    guard: UserGuards.changeIdentities,
    run: (command, { caller }) => unlinkIdentity(command, caller)
  })
]
