/** Two other providers at which people log in by being named: the answer of `who` comes back as `?who=…`. */
import { Effect, Layer } from "effect"
import { type FederatedUser, FederationFailed, IdentityProviders, UnknownProvider } from "../ports/Outside.ts"

const issuers: Readonly<Record<string, string>> = {
  first: "https://first.example",
  second: "https://second.example"
}

/** People over there, by name. Each provider knows all of them. */
export const people: Readonly<Record<string, Omit<FederatedUser, "issuer">>> = {
  ada: { subject: "1", email: "Ada@example.com", emailVerified: true, name: "Ada Lovelace" },
  bob: { subject: "2", email: "bob@example.com", emailVerified: true },
  eve: { subject: "3", email: "Ada@example.com", emailVerified: false },
  nemo: { subject: "4", emailVerified: true },
  odd: { subject: "5", email: "not an address", emailVerified: true }
}

const issuerOf = (provider: string) => {
  const issuer = issuers[provider]
  return issuer === undefined ? Effect.fail(new UnknownProvider({ provider })) : Effect.succeed(issuer)
}

export const providers: Layer.Layer<IdentityProviders> = Layer.succeed(
  IdentityProviders,
  IdentityProviders.of({
    all: [
      { name: "first", title: "First" },
      { name: "second", title: "Second" }
    ],
    begin: (provider) =>
      Effect.map(issuerOf(provider), (issuer) => ({ url: `${issuer}/login`, state: "state", kept: provider })),
    complete: (provider, callback, kept) =>
      Effect.flatMap(issuerOf(provider), (issuer) => {
        const person = people[/\?who=(\w+)$/u.exec(callback)?.[1] ?? ""]
        return kept !== provider || person === undefined
          ? Effect.fail(new FederationFailed({ provider, reason: "nobody" }))
          : Effect.succeed({ ...person, issuer })
      })
  })
)

/** The address that the browser comes back to when a person has logged in over there. */
export const callbackOf = (who: string): string => `https://bank.example/login/federated/first?who=${who}`
