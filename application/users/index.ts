/** Use cases of users: who they are, how they log in, and what they prove themselves by. */
export { continueLogin, type LoginStep } from "./ContinueLogin.ts"
export {
  CreateSession,
  createSession,
  issueTokens,
  SecondFactorNeeded,
  SessionAnswer,
  SessionCreated
} from "./CreateSession.ts"
export { InvalidSecondFactor, WebAuthnJson } from "./FactorProof.ts"
export { knownDevice } from "./KnownDevice.ts"
export { InvalidLogin, LogIn, logIn, subjectOf } from "./LogIn.ts"
export { LoggedIn, type Login, openSession } from "./OpenSession.ts"
export { beginPasskeyLogin, FinishPasskeyLogin, finishPasskeyLogin, PasskeyStep } from "./PasskeyLogin.ts"
export { ProveSecondFactor, proveSecondFactor, SecondFactorOptions, secondFactorOptions } from "./ProveSecondFactor.ts"
export { RaiseOptions, RaiseSession, raiseOptions, raiseSession } from "./RaiseSession.ts"
export { LoginThrottled } from "./Throttling.ts"
export { UserError } from "./UserError.ts"
export { SessionView, sessionView, UserView, userView } from "./UserView.ts"
