/** The bank over Connect, gRPC and gRPC-Web: the server, its services, and the clients that stand in for a port. */
export { accountService } from "./AccountService.ts"
export * as LedgerClient from "./client/Ledger.ts"
export { ledgerService } from "./LedgerService.ts"
export { proofService } from "./ProofService.ts"
export { ListenFailed, messageBytesMax, type Options as ServerOptions, type RpcServer, serve } from "./Server.ts"
export { transactionService } from "./TransactionService.ts"
export type { RpcService } from "./Unary.ts"
