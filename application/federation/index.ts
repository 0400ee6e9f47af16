/** Use cases of logins at other identity providers. */
export { EmailNotVerified, FederatedLoginExpired, IdentityNotFound, LastLogin, LinkRequired } from "./Refusals.ts"
