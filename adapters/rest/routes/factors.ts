import { UserGuards } from "../../../application/access/index.ts"
import {
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
} from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"
import { ticket } from "../examples.ts"
import { nothing } from "../Nothing.ts"

/** What users prove themselves by, beside the password. */
export const factors = [
  endpoint({
    method: "GET",
    path: "/v1/users/{user}/factors",
    operationId: "listFactors",
    summary: "Read what a user proves itself by",
    command: ListFactors,
    answer: FactorsView,
    answerName: "Factors",
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.readFactors,
    run: (query) => listFactors(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/factors/totp",
    operationId: "beginTotp",
    summary: "Begin to set up an authenticator app: its secret is shown this once",
    command: BeginTotp,
    answer: TotpSecret,
    answerName: "TotpSecret",
    status: 200,
    errors: ["UserNotFound", "UserStatusConflict", "FactorExists", "StepUpRequired", "UserChanged"],
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => beginTotp(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/factors/totp/confirm",
    operationId: "confirmTotp",
    summary: "Show that the app has the secret; recovery codes come with the first second factor",
    command: ConfirmTotp,
    answer: FactorAdded,
    answerName: "FactorAdded",
    status: 200,
    errors: [
      "UserNotFound",
      "LoginThrottled",
      "FactorNotFound",
      "FactorExists",
      "StepUpRequired",
      "InvalidSecondFactor",
      "UserChanged"
    ],
    example: { code: "123456" },
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => confirmTotp(command, caller)
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/users/{user}/factors/totp",
    operationId: "removeTotp",
    summary: "Remove the authenticator app",
    command: RemoveTotp,
    ...nothing,
    errors: ["UserNotFound", "FactorNotFound", "StepUpRequired", "UserChanged"],
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => removeTotp(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/factors/recovery-codes",
    operationId: "regenerateRecoveryCodes",
    summary: "Make new recovery codes in place of the old ones; they are shown this once",
    command: RegenerateRecoveryCodes,
    answer: RecoveryCodesShown,
    answerName: "RecoveryCodes",
    status: 200,
    errors: ["UserNotFound", "FactorNotFound", "StepUpRequired", "UserChanged"],
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => regenerateRecoveryCodes(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/factors/passkeys/options",
    operationId: "beginPasskey",
    summary: "Ask for what the browser needs to make a passkey",
    command: BeginPasskey,
    answer: PasskeyStep,
    answerName: "PasskeyStep",
    status: 200,
    errors: ["UserNotFound", "UserStatusConflict", "FactorExists", "StepUpRequired"],
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => beginPasskey(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/factors/passkeys",
    operationId: "finishPasskey",
    summary: "Keep the passkey that the browser has made",
    command: FinishPasskey,
    answer: PasskeyAdded,
    answerName: "PasskeyAdded",
    status: 201,
    errors: ["PasskeyRefused", "UserNotFound", "FactorExists", "StepUpRequired", "UserChanged", "IdentityTaken"],
    example: { ticket, name: "Ada's telephone", answer: { id: "AQID", type: "public-key" } },
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => finishPasskey(command, caller)
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/users/{user}/factors/passkeys/{passkey}",
    operationId: "removePasskey",
    summary: "Remove a passkey",
    command: RemovePasskey,
    ...nothing,
    errors: ["UserNotFound", "FactorNotFound", "StepUpRequired", "LastLogin", "UserChanged"],
    guard: UserGuards.changeFactors,
    run: (command, { caller }) => removePasskey(command, caller)
  })
]
