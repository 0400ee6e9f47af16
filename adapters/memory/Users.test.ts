import {
  artifactStoreContract,
  challengeStoreContract,
  loginThrottleContract,
  sessionStoreContract,
  signingKeyStoreContract,
  userStoreContract
} from "../contract/index.ts"
import { usersLayer } from "./index.ts"

userStoreContract("memory", () => usersLayer)
sessionStoreContract("memory", () => usersLayer, "one")
challengeStoreContract("memory", () => usersLayer)
loginThrottleContract("memory", () => usersLayer)
signingKeyStoreContract("memory", () => usersLayer)
artifactStoreContract("memory", () => usersLayer)
