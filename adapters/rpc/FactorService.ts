/** `bank.user.v1.FactorService` over the use cases of `application/users`. */
import { UserGuards } from "../../application/access/index.ts"
import {
  Accepted,
  BeginPasskey,
  BeginTotp,
  beginPasskey,
  beginTotp,
  ConfirmTotp,
  confirmTotp,
  FactorAdded,
  FactorsView,
  FinishPasskey,
  finishPasskey,
  ListFactors,
  listFactors,
  PasskeyAdded,
  PasskeyStep,
  RecoveryCodesShown,
  RegenerateRecoveryCodes,
  RemovePasskey,
  RemoveTotp,
  regenerateRecoveryCodes,
  removePasskey,
  removeTotp,
  TotpSecret
} from "../../application/users/index.ts"
import { FactorService } from "../../proto/gen/bank/user/v1/factor_service_pb.ts"
import { guarded } from "./Door.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = FactorService

const rpcs = {
  listFactors: unary({
    method: method.listFactors,
    door: guarded(UserGuards.readFactors),
    command: ListFactors,
    answer: FactorsView,
    own: ["user"],
    run: listFactors
  }),
  beginTotp: unary({
    method: method.beginTotp,
    door: guarded(UserGuards.changeFactors),
    command: BeginTotp,
    answer: TotpSecret,
    own: ["user"],
    run: (command, { caller }) => beginTotp(command, caller)
  }),
  confirmTotp: unary({
    method: method.confirmTotp,
    door: guarded(UserGuards.changeFactors),
    command: ConfirmTotp,
    answer: FactorAdded,
    own: ["user"],
    run: (command, { caller }) => confirmTotp(command, caller)
  }),
  removeTotp: unary({
    method: method.removeTotp,
    door: guarded(UserGuards.changeFactors),
    command: RemoveTotp,
    answer: Accepted,
    own: ["user"],
    run: (command, { caller }) => removeTotp(command, caller)
  }),
  regenerateRecoveryCodes: unary({
    method: method.regenerateRecoveryCodes,
    door: guarded(UserGuards.changeFactors),
    command: RegenerateRecoveryCodes,
    answer: RecoveryCodesShown,
    own: ["user"],
    run: (command, { caller }) => regenerateRecoveryCodes(command, caller)
  }),
  beginPasskey: unary({
    method: method.beginPasskey,
    door: guarded(UserGuards.changeFactors),
    command: BeginPasskey,
    answer: PasskeyStep,
    own: ["user"],
    run: (command, { caller }) => beginPasskey(command, caller)
  }),
  finishPasskey: unary({
    method: method.finishPasskey,
    door: guarded(UserGuards.changeFactors),
    command: FinishPasskey,
    answer: PasskeyAdded,
    own: ["user"],
    run: (command, { caller }) => finishPasskey(command, caller)
  }),
  removePasskey: unary({
    method: method.removePasskey,
    door: guarded(UserGuards.changeFactors),
    command: RemovePasskey,
    answer: Accepted,
    own: ["user"],
    run: (command, { caller }) => removePasskey(command, caller)
  })
}

/** What users prove themselves by besides the password. */
export const factorService: RpcService<Needs<typeof rpcs>> = {
  desc: FactorService,
  register: (router, context, options) => {
    router.service(
      FactorService,
      {
        listFactors: rpcs.listFactors(context),
        beginTotp: rpcs.beginTotp(context),
        confirmTotp: rpcs.confirmTotp(context),
        removeTotp: rpcs.removeTotp(context),
        regenerateRecoveryCodes: rpcs.regenerateRecoveryCodes(context),
        beginPasskey: rpcs.beginPasskey(context),
        finishPasskey: rpcs.finishPasskey(context),
        removePasskey: rpcs.removePasskey(context)
      },
      options
    )
  }
}
