/** The apps and programs that ask the bank for tokens. */
export {
  ClientId,
  ClientName,
  ClientView,
  Confidentiality,
  clientModel,
  GrantType,
  MetadataText,
  RedirectUri
} from "./Client.ts"
export { listClients } from "./ListClients.ts"
export {
  ClientNeedsSecret,
  ClientRedirectMismatch,
  RegisterClient,
  RegisteredClient,
  registerClient,
  ScopeNotGrantable
} from "./RegisterClient.ts"
export { ClientNotFound, RemoveClient, removeClient } from "./RemoveClient.ts"
