/**
 * What a provider says of itself, read when a login first needs it and kept for an hour. A provider that does not answer
 * is asked three times in all, and then not again for a second, however many want to log in there.
 */
import { Cache, Duration, Effect, Exit, Schedule } from "effect"
import * as client from "openid-client"
import { FederationFailed } from "../../application/ports/Outside.ts"
import { isPassing, reasonOf } from "./Failure.ts"
import type { ProviderOptions } from "./Options.ts"

const keptFor = Duration.hours(1)
const failureKeptFor = Duration.seconds(1)
const retries = 2
const retryAfter = Duration.millis(100)

/** Names of this machine only, where tests and development run a provider without TLS. */
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"])

const isLocal = ({ protocol, hostname }: URL): boolean => protocol === "http:" && loopback.has(hostname)

/** The secret as the provider takes it: in the header where it does (the default of OpenID Connect), else in the body. */
const authenticated = (secret: string): client.ClientAuth => {
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported
    const takesBasic = methods === undefined || methods.includes("client_secret_basic")
    ;(takesBasic ? basic : post)(server, ...rest)
  }
}

const discovered = (options: ProviderOptions, timeoutMs: number) => {
  const { issuer, clientId, clientSecret } = options
  const server = new URL(issuer)
  // The signature is checked by the provider's keys although the token comes straight from it by TLS.
  const execute = [client.enableNonRepudiationChecks, ...(isLocal(server) ? [client.allowInsecureRequests] : [])]
  return client.discovery(
    server,
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : authenticated(clientSecret),
    { execute, timeout: timeoutMs / 1000 }
  )
}

/** Gives a provider's configuration, from memory where it is there. */
export const discovery = (timeoutMs: number) => {
  const asked = (options: ProviderOptions) =>
    Effect.tryPromise({ try: () => discovered(options, timeoutMs), catch: (cause) => cause }).pipe(
      Effect.retry({ times: retries, while: isPassing, schedule: Schedule.spaced(retryAfter) }),
      Effect.mapError((cause) => new FederationFailed({ provider: options.name, reason: reasonOf(cause) }))
    )
  return (providers: ReadonlyMap<string, ProviderOptions>) =>
    Cache.makeWith(
      (name: string) => {
        const options = providers.get(name)
        return options === undefined ? Effect.die(new Error(`no provider ${name}`)) : asked(options)
      },
      {
        capacity: Math.max(1, providers.size),
        timeToLive: (exit) => (Exit.isSuccess(exit) ? keptFor : failureKeptFor)
      }
    )
}
