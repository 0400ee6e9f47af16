/** Use cases of users: who they are, how they log in, and what they prove themselves by. */
export { AssignRoles, assignRoles } from "./AssignRoles.ts"
export { ChangeEmail, changeEmail } from "./ChangeEmail.ts"
export { ChangePassword, changePassword } from "./ChangePassword.ts"
export { CloseUser, closeUser } from "./CloseUser.ts"
export { ConfirmEmail, confirmEmail } from "./ConfirmEmail.ts"
export { continueLogin, type LoginStep } from "./ContinueLogin.ts"
export {
  CreateSession,
  createSession,
  issueTokens,
  SecondFactorNeeded,
  SessionAnswer,
  SessionCreated
} from "./CreateSession.ts"
export { EraseUser, eraseUser } from "./EraseUser.ts"
export { ExportUser, exportUser, UserExport } from "./ExportUser.ts"
export { InvalidSecondFactor, WebAuthnJson } from "./FactorProof.ts"
export { GetUser, getSelf, getUser } from "./GetUser.ts"
export { knownDevice } from "./KnownDevice.ts"
export { FactorsView, ListFactors, listFactors, PasskeyView } from "./ListFactors.ts"
export { ListSessions, listSessions, SessionList } from "./ListSessions.ts"
export { ListUsers, listUsers, UserList } from "./ListUsers.ts"
export { InvalidLogin, LogIn, logIn, subjectOf } from "./LogIn.ts"
export { LoggedIn, type Login, openSession } from "./OpenSession.ts"
export {
  BeginPasskey,
  beginPasskey,
  FinishPasskey,
  finishPasskey,
  PasskeyAdded,
  RemovePasskey,
  removePasskey
} from "./Passkey.ts"
export { beginPasskeyLogin, FinishPasskeyLogin, finishPasskeyLogin, PasskeyStep } from "./PasskeyLogin.ts"
export { ProveSecondFactor, proveSecondFactor, SecondFactorOptions, secondFactorOptions } from "./ProveSecondFactor.ts"
export { RaiseOptions, RaiseSession, raiseOptions, raiseSession } from "./RaiseSession.ts"
export { RecoveryCodesShown, RegenerateRecoveryCodes, regenerateRecoveryCodes } from "./RecoveryCodes.ts"
export * as Refusals from "./Refusals.ts"
export { RegisterUser, Registration, registerUser } from "./RegisterUser.ts"
export { Accepted, RequestPasswordReset, requestPasswordReset } from "./RequestPasswordReset.ts"
export { ResetPassword, resetPassword } from "./ResetPassword.ts"
export { ReviewKyc, reviewKyc } from "./ReviewKyc.ts"
export { RevokeOtherSessions, revokeOtherSessions, SessionsRevoked } from "./RevokeOtherSessions.ts"
export { RevokeSession, revokeSession } from "./RevokeSession.ts"
export { SubmitKyc, submitKyc } from "./SubmitKyc.ts"
export { LoginThrottled } from "./Throttling.ts"
export {
  BeginTotp,
  beginTotp,
  ConfirmTotp,
  confirmTotp,
  FactorAdded,
  RemoveTotp,
  removeTotp,
  TotpSecret
} from "./Totp.ts"
export { UpdateProfile, updateProfile } from "./UpdateProfile.ts"
export { UserError } from "./UserError.ts"
export { SessionView, sessionView, UserView, userView } from "./UserView.ts"
export { VerifyEmail, verifyEmail } from "./VerifyEmail.ts"
