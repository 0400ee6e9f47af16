import { accountStoreContract } from "../contract/index.ts"
import { accountStoreLayer } from "./index.ts"

accountStoreContract("memory", () => accountStoreLayer)
