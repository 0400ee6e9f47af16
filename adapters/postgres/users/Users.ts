/** Every store of users but that of the data keys, which the cipher that these need is made of. */
import { Layer } from "effect"
import * as ArtifactStore from "./ArtifactStore.ts"
import * as ChallengeStore from "./ChallengeStore.ts"
import * as LoginThrottle from "./LoginThrottle.ts"
import * as SessionStore from "./SessionStore.ts"
import * as SigningKeyStore from "./SigningKeyStore.ts"
import * as UserStore from "./UserStore.ts"

export const layer = Layer.mergeAll(
  UserStore.layer,
  SessionStore.layer,
  ChallengeStore.layer,
  LoginThrottle.layer,
  SigningKeyStore.layer,
  ArtifactStore.layer
)

export { purgeExpired } from "./Purge.ts"
