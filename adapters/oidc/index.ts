/** The bank's OAuth 2 and OpenID Connect provider. */
export { layer, OidcProvider, type OidcServices } from "./OidcProvider.ts"
export { appClient, bankResource, type OidcOptions } from "./Options.ts"
