/** `bank.user.v1.FederationService` over the use cases of `application/federation`. */
import { Effect } from "effect"
import { UserGuards } from "../../application/access/index.ts"
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
} from "../../application/federation/index.ts"
import type { Origin } from "../../application/ports/Origin.ts"
import { appClient } from "../../application/ports/Tokens.ts"
import { issueTokens } from "../../application/users/index.ts"
import { FederationService } from "../../proto/gen/bank/user/v1/federation_service_pb.ts"
import { guarded } from "./Door.ts"
import { LoginAnswer, tagged } from "./Login.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = FederationService

const loggedIn = Effect.fnUntraced(function* (command: FinishFederatedLogin, origin: Origin) {
  const login = yield* finishFederatedLogin(command, appClient, origin)
  return tagged(login.step === "done" ? yield* issueTokens(login) : login)
})

const rpcs = {
  listProviders: unary({
    method: method.listProviders,
    door: guarded(UserGuards.listProviders),
    command: ListProviders,
    answer: ProviderList,
    run: listProviders
  }),
  beginFederatedLogin: unary({
    method: method.beginFederatedLogin,
    door: guarded(UserGuards.beginLogin),
    command: BeginFederatedLogin,
    answer: FederationBegun,
    run: beginFederatedLogin
  }),
  finishFederatedLogin: unary({
    method: method.finishFederatedLogin,
    door: guarded(UserGuards.finishFederatedLogin),
    command: FinishFederatedLogin,
    answer: LoginAnswer,
    run: (command, { origin }) => loggedIn(command, origin)
  }),
  listIdentities: unary({
    method: method.listIdentities,
    door: guarded(UserGuards.readIdentities),
    command: ListIdentities,
    answer: IdentityList,
    own: ["user"],
    run: listIdentities
  }),
  beginLinkIdentity: unary({
    method: method.beginLinkIdentity,
    door: guarded(UserGuards.beginIdentity),
    command: BeginLinkIdentity,
    answer: FederationBegun,
    own: ["user"],
    run: (command, { caller }) => beginLinkIdentity(command, caller)
  }),
  linkIdentity: unary({
    method: method.linkIdentity,
    door: guarded(UserGuards.changeIdentities),
    command: LinkIdentity,
    answer: IdentityList,
    own: ["user"],
    run: (command, { caller }) => linkIdentity(command, caller)
  }),
  unlinkIdentity: unary({
    method: method.unlinkIdentity,
    door: guarded(UserGuards.changeIdentities),
    command: UnlinkIdentity,
    answer: IdentityList,
    own: ["user"],
    run: (command, { caller }) => unlinkIdentity(command, caller)
  })
}

/** Logins at other providers, which open users' here. */
export const federationService: RpcService<Needs<typeof rpcs>> = {
  desc: FederationService,
  open: ["ListProviders", "BeginFederatedLogin", "FinishFederatedLogin"],
  register: (router, context, options) => {
    router.service(
      FederationService,
      {
        listProviders: rpcs.listProviders(context),
        beginFederatedLogin: rpcs.beginFederatedLogin(context),
        finishFederatedLogin: rpcs.finishFederatedLogin(context),
        listIdentities: rpcs.listIdentities(context),
        beginLinkIdentity: rpcs.beginLinkIdentity(context),
        linkIdentity: rpcs.linkIdentity(context),
        unlinkIdentity: rpcs.unlinkIdentity(context)
      },
      options
    )
  }
}
