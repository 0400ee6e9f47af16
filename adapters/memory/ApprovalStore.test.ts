import { approvalStoreContract } from "../contract/index.ts"
import { approvalStoreLayer } from "./index.ts"

approvalStoreContract("memory", () => approvalStoreLayer)
