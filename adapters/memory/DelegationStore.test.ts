import { delegationStoreContract } from "../contract/index.ts"
import { delegationStoreLayer } from "./index.ts"

delegationStoreContract("memory", () => delegationStoreLayer)
