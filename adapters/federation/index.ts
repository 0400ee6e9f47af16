/** Other identity providers at which users log in. */
export * as IdentityProviders from "./IdentityProviders.ts"
export { type FederationOptions, type ProviderOptions, redirectUriOf } from "./Options.ts"
