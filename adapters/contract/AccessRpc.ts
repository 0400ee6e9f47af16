/** The rows of the access matrix for RPCs; `AccessMatrix.ts` says how to read and add them. */
import type { JsonObject } from "@bufbuild/protobuf"
import {
  administers,
  administersByTwo,
  anyoneAsks,
  anyoneReads,
  audits,
  changesClients,
  changesLogin,
  changesOwn,
  closes,
  decides,
  delegates,
  type Expected,
  endsDelegation,
  everyone,
  files,
  lists,
  listsApprovals,
  listsClients,
  listsDelegations,
  listsLogins,
  listsUsers,
  manages,
  opens,
  operates,
  operatesByTwo,
  pays,
  paysBatch,
  paysCash,
  programs,
  readsLogin,
  readsOwn,
  removesClients,
  reviews,
  revokesLogins,
  sees,
  seesApproval,
  seesDelegation,
  seesUser,
  thaws,
  undoesByTwo
} from "./AccessMatrix.ts"
import type { Things } from "./AccessWorld.ts"

/** An RPC by its full name, and its request as JSON. */
export interface RpcRow {
  readonly name: string
  readonly expected: Expected
  readonly request: (it: Things) => JsonObject
}

const rowsOf =
  (service: string) =>
  (method: string, expected: Expected, request: RpcRow["request"] = () => ({})): RpcRow => ({
    name: `${service}.${method}`,
    expected,
    request
  })

const amount = { amount: "1.00", currency: "USD" }
const aboutAccount = ({ account }: Things) => ({ account })
const aboutHold = ({ hold }: Things) => ({ hold })
const aboutTransaction = ({ transaction }: Things) => ({ transaction })
const paid = ({ account, other }: Things) => ({ from: account, to: other, amount })
const item = (it: Things) => ({ kind: "TRANSACTION_KIND_TRANSFER", ...paid(it) })
const month = new Date().toISOString().slice(0, 7)

const accounts = rowsOf("bank.account.v1.AccountService")
const transactions = rowsOf("bank.transaction.v1.TransactionService")
const proofs = rowsOf("bank.proof.v1.ProofService")
const ledger = rowsOf("bank.ledger.v1.LedgerService")
const users = rowsOf("bank.user.v1.UserService")
const sessions = rowsOf("bank.user.v1.SessionService")
const factors = rowsOf("bank.user.v1.FactorService")
const federation = rowsOf("bank.user.v1.FederationService")
const delegations = rowsOf("bank.access.v1.DelegationService")
const approvals = rowsOf("bank.access.v1.ApprovalService")
const audit = rowsOf("bank.access.v1.AuditService")
const clients = rowsOf("bank.access.v1.ClientService")

const aboutUser = ({ user }: Things) => ({ user })
const aboutDelegation = ({ delegation }: Things) => ({ delegation })
const email = "eve@example.com"
const password = "correct horse battery staple"
const profile = { fullName: "Eve Example" }
const ticket = "Zm9yLXRoZS1leGFtcGxlLW9ubHk"
const callback = "https://login.bank.example/federated?state=af0ifjsldkj&code=SplxlOBeZQQYbYS6WxSbIA"

export const rpcRows: ReadonlyArray<RpcRow> = [
  accounts("OpenAccount", opens, ({ customer }) => ({ product: "checking", currency: "USD", owner: customer })),
  accounts("GetAccount", sees, aboutAccount),
  accounts("ListAccounts", lists, ({ customer }) => ({ owner: customer })),
  accounts("RenameAccount", manages, ({ account }) => ({ account, name: "Holidays" })),
  accounts("SetOverdraftLimit", operates, ({ account }) => ({ account, overdraftLimit: amount })),
  accounts("FreezeAccount", manages, ({ account }) => ({ account, freeze: "FREEZE_DEBITS" })),
  accounts("UnfreezeAccount", thaws, ({ frozen }) => ({ account: frozen })),
  accounts("CloseAccount", closes, ({ spare, other }) => ({ account: spare, sweepTo: other })),
  accounts("GetStatement", sees, ({ account }) => ({ account, period: month })),
  accounts("StreamStatement", sees, ({ account }) => ({ account, period: month })),
  accounts("GetBalance", sees, ({ account }) => ({ account, valueDate: "2030-01-01" })),

  transactions("Deposit", paysCash, ({ account }) => ({ account, amount })),
  transactions("Withdraw", paysCash, ({ account }) => ({ account, amount })),
  transactions("Transfer", pays, paid),
  transactions("PostTransferBatch", paysBatch, (it) => ({ mode: "BATCH_MODE_INDEPENDENT", items: [item(it)] })),
  transactions("StreamTransfers", pays, (it) => ({ items: [{ idempotencyKey: it.account, item: item(it) }] })),
  transactions("PostTransaction", operatesByTwo, ({ account, other }) => ({
    entries: [
      { accountId: account, side: "SIDE_DEBIT", amount },
      { accountId: other, side: "SIDE_CREDIT", amount }
    ]
  })),
  transactions("ReverseTransaction", undoesByTwo, aboutTransaction),
  transactions("GetTransaction", sees, aboutTransaction),
  transactions("AuthorizeHold", pays, paid),
  transactions("CaptureHold", pays, ({ hold }) => ({ hold, amount, keepRest: true })),
  transactions("ReleaseHold", pays, aboutHold),
  transactions("GetHold", sees, aboutHold),
  transactions("ListAccountTransactions", sees, aboutAccount),
  transactions("FollowEntries", sees, aboutAccount),

  proofs("GetPublicKey", everyone),
  proofs("GetTreeHead", everyone),
  proofs("GetReceiptProof", sees, aboutTransaction),
  proofs("GetConsistencyProof", everyone, () => ({ from: "1", to: "2" })),

  users("RegisterUser", anyoneAsks, () => ({ email, password, profile })),
  users("VerifyEmail", anyoneAsks, () => ({ ticket, code: "12345678" })),
  users("RequestPasswordReset", anyoneAsks, () => ({ email })),
  users("ResetPassword", anyoneAsks, () => ({ token: ticket, password })),
  users("GetUser", seesUser, aboutUser),
  users("ListUsers", listsUsers),
  users("UpdateProfile", changesLogin, ({ user }) => ({ user, profile })),
  users("ChangeEmail", changesOwn, ({ user }) => ({ user, email, password })),
  users("ConfirmEmail", changesOwn, ({ user }) => ({ user, code: "12345678" })),
  users("ChangePassword", changesOwn, ({ user }) => ({ user, oldPassword: password, password: "eleven gophers dig" })),
  users("CloseUser", changesLogin, ({ user }) => ({ user, password })),
  users("ExportUser", readsLogin, aboutUser),
  users("EraseUser", administers, aboutUser),
  users("AssignRoles", administersByTwo, ({ user }) => ({ user, roles: ["ROLE_AUDITOR"] })),
  users("SubmitKyc", changesOwn, ({ user }) => ({ user, level: "KYC_LEVEL_BASIC" })),
  users("ReviewKyc", reviews, ({ user }) => ({ user, outcome: "KYC_OUTCOME_APPROVED" })),

  sessions("CreateSession", anyoneAsks, () => ({ password: { email, password } })),
  sessions("BeginPasskeyLogin", anyoneAsks),
  sessions("GetSecondFactorOptions", anyoneAsks, () => ({ ticket })),
  sessions("ListSessions", listsLogins, aboutUser),
  sessions("RevokeSession", changesLogin, ({ user, session }) => ({ user, session })),
  sessions("RevokeOtherSessions", revokesLogins, aboutUser),
  sessions("BeginRaise", changesOwn, aboutUser),
  sessions("RaiseSession", changesOwn, ({ user, session }) => ({ user, session, code: "999999" })),

  factors("ListFactors", readsOwn, aboutUser),
  factors("BeginTotp", changesOwn, aboutUser),
  factors("ConfirmTotp", changesOwn, ({ user }) => ({ user, code: "999999" })),
  factors("RemoveTotp", changesOwn, aboutUser),
  factors("RegenerateRecoveryCodes", changesOwn, aboutUser),
  factors("BeginPasskey", changesOwn, aboutUser),
  factors("FinishPasskey", changesOwn, ({ user }) => ({ user, ticket, name: "Telephone", answer: { id: "AQID" } })),
  factors("RemovePasskey", changesOwn, ({ user }) => ({ user, passkey: "AQID" })),

  federation("ListProviders", anyoneReads),
  federation("BeginFederatedLogin", anyoneAsks, () => ({ provider: "google" })),
  federation("FinishFederatedLogin", anyoneAsks, () => ({ callback, ticket })),
  federation("ListIdentities", readsOwn, aboutUser),
  federation("BeginLinkIdentity", changesOwn, ({ user }) => ({ user, provider: "google" })),
  federation("LinkIdentity", changesOwn, ({ user }) => ({ user, callback, ticket })),
  federation("UnlinkIdentity", changesOwn, ({ user }) => ({ user, identity: "0".repeat(64) })),

  delegations("CreateDelegation", delegates, ({ customer }) => ({
    grantor: customer,
    grantee: "cus_01h455vb4pex5vsknk084sn02q",
    kind: "DELEGATION_KIND_JOINT_HOLDER",
    right: "DELEGATION_RIGHT_VIEW"
  })),
  delegations("GetDelegation", seesDelegation, aboutDelegation),
  delegations("ListDelegations", listsDelegations, ({ customer }) => ({ customer })),
  delegations("RevokeDelegation", endsDelegation, aboutDelegation),

  approvals("FileApproval", files, ({ transaction }) => ({
    operation: "transactions.reverse",
    command: { transaction }
  })),
  approvals("GetApproval", seesApproval, ({ approval }) => ({ approval })),
  approvals("ListApprovals", listsApprovals),
  approvals("DecideApproval", decides, ({ approval }) => ({ approval, decision: "DECISION_REJECT" })),

  audit("SearchAudit", audits),
  audit("GetAuditHead", audits),

  clients("RegisterClient", changesClients, () => ({
    name: "Household Ledger",
    confidentiality: "CONFIDENTIALITY_CONFIDENTIAL",
    grantTypes: ["GRANT_TYPE_AUTHORIZATION_CODE", "GRANT_TYPE_REFRESH_TOKEN"],
    redirectUris: ["https://ledger.example/callback"],
    scopes: ["accounts:read"]
  })),
  clients("ListClients", listsClients),
  clients("RemoveClient", removesClients, () => ({ client: "app_01h455vb4pex5vsknk084sn02q" })),

  ledger("Submit", programs, ({ account, other }) => ({
    instruction: {
      key: `matrix:${account}`,
      command: {
        post: {
          kind: "TRANSACTION_KIND_TRANSFER",
          legs: [
            { accountId: account, side: "SIDE_DEBIT", amount },
            { accountId: other, side: "SIDE_CREDIT", amount }
          ]
        }
      }
    }
  })),
  ledger("GetAccounts", programs, ({ account }) => ({ ids: [account] })),
  ledger("GetTransaction", programs, ({ transaction }) => ({ id: transaction })),
  ledger("GetHold", programs, ({ hold }) => ({ id: hold })),
  ledger("ListEntries", programs, ({ account }) => ({ accountId: account, order: "ENTRY_ORDER_NEWEST", limit: 10 })),
  ledger("SearchEntries", programs, ({ account }) => ({ accountId: account, order: "ENTRY_ORDER_NEWEST", limit: 10 })),
  ledger("GetBalanceByValueDate", programs, ({ account }) => ({ accountId: account, valueDate: "2030-01-01" })),
  ledger("FollowEntries", programs, ({ account }) => ({ accountId: account, after: "0" })),
  ledger("ExpireHolds", programs)
]
