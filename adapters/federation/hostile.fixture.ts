/** A provider that answers what it is told to, so that what no honest one sends can be sent. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"

/** How the next id token differs from a right one. */
export interface Twist {
  readonly claims?: (right: JWTPayload) => JWTPayload
  readonly signature?: "RS256" | "ES384" | "HS256" | "none" | "a stranger's"
  /** What the endpoint of users says, where the id token holds no address. */
  readonly userinfo?: Readonly<Record<string, unknown>>
}

const secret = "a secret of the bank's at the hostile provider"

const pairs = {
  ES256: await generateKeyPair("ES256"),
  RS256: await generateKeyPair("RS256"),
  ES384: await generateKeyPair("ES384"),
  stranger: await generateKeyPair("ES256")
}

const signed = (claims: JWTPayload, signature: NonNullable<Twist["signature"]> | "ES256"): Promise<string> | string => {
  const token = new SignJWT(claims)
  switch (signature) {
    case "none":
      return new UnsecuredJWT(claims).encode()
    case "HS256":
      return token.setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret))
    case "a stranger's":
      return token.setProtectedHeader({ alg: "ES256", kid: "ES256" }).sign(pairs.stranger.privateKey)
    default:
      return token.setProtectedHeader({ alg: signature, kid: signature }).sign(pairs[signature].privateKey)
  }
}

const keys = async () => {
  const algorithms = ["ES256", "RS256", "ES384"] as const
  return Promise.all(
    algorithms.map(async (alg) => ({ ...(await exportJWK(pairs[alg].publicKey)), kid: alg, alg, use: "sig" }))
  )
}

const json = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/**
 * Starts one; `nonce` is what its next id token carries, `requests` counts the requests for tokens. `told` is what it says
 * of itself where that is not where it is.
 */
export const startHostile = async (told?: { readonly issuer: string; readonly endpoints: string }) => {
  const twist: Twist = {}
  const state = { twist, nonce: "", requests: 0, verifier: "", discoveries: 0, failures: 0, isSilent: false }
  let issuer = ""
  const idToken = () => {
    const now = Math.floor(Date.now() / 1000)
    const right = { iss: issuer, sub: "ada", aud: "bank", iat: now, exp: now + 60, nonce: state.nonce }
    const claims = { ...right, email: "ada@example.com", email_verified: true, name: "Ada" }
    return signed(state.twist.claims?.(claims) ?? claims, state.twist.signature ?? "ES256")
  }
  const server = createServer(async (request, response) => {
    switch (request.url) {
      case "/.well-known/openid-configuration":
        state.discoveries++
        // Some do not answer at all.
        if (state.isSilent) return
        if (state.failures > 0) {
          state.failures--
          return void response.writeHead(503).end()
        }
        return json(response, {
          issuer: told?.issuer ?? issuer,
          authorization_endpoint: `${told?.endpoints ?? issuer}/authorize`,
          token_endpoint: `${told?.endpoints ?? issuer}/token`,
          userinfo_endpoint: `${told?.endpoints ?? issuer}/userinfo`,
          jwks_uri: `${told?.endpoints ?? issuer}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["ES256", "RS256", "ES384", "HS256", "none"]
        })
      case "/keys":
        return json(response, { keys: await keys() })
      case "/token":
        state.requests++
        state.verifier = new URLSearchParams(await textOf(request)).get("code_verifier") ?? ""
        return json(response, { access_token: "a", token_type: "Bearer", id_token: await idToken() })
      case "/userinfo":
        return json(response, state.twist.userinfo ?? {})
      default:
        return void response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  issuer = `http://127.0.0.1:${address.port}`
  return {
    issuer,
    secret,
    state,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
