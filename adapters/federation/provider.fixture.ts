/**
 * An OpenID provider that others wrote, as a process of its own, for logins that come back to the addresses that it is given:
 * prints its issuer as JSON and runs until it is ended. Its users are whoever types a name into its login page; the address of `ada` is `ada@example.com`, and is verified unless
 * the name begins with `unverified`.
 */
import { createServer } from "node:http"
import { Provider } from "oidc-provider"

const redirectUris = process.argv.slice(2)

const claimsOf = (name: string) => ({
  sub: name,
  email: `${name}@example.com`,
  email_verified: !name.startsWith("unverified"),
  name: `${name} of the provider`
})

const server = createServer()
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const issuer = `http://127.0.0.1:${address.port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "bank",
        client_secret: "a secret of the bank's at the provider",
        redirect_uris: redirectUris,
        response_types: ["code"],
        grant_types: ["authorization_code"]
      }
    ],
    claims: { email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["a key of the tests"] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => claimsOf(sub) })
  })
  server.on("request", provider.callback())
  console.log(JSON.stringify({ issuer }))
})
