import { auditLogContract } from "../contract/index.ts"
import { auditLogLayer } from "./index.ts"

auditLogContract("memory", () => auditLogLayer)
