import { strict as assert } from "node:assert"
import { Effect, Layer, Schema } from "effect"
import { seeded } from "../../adapters/ids/index.ts"
import { artifactStoreLayer } from "../../adapters/memory/index.ts"
import { withLayer } from "../../infra/testing/effect.ts"
import { Secrets } from "../ports/Crypto.ts"
import { ArtifactStore } from "../ports/Tokens.ts"
import { ClientId, listClients, RedirectUri, RegisterClient, registerClient, removeClient } from "./index.ts"

const secrets = Layer.sync(Secrets, () => {
  let count = 0
  return Secrets.of({
    token: Effect.sync(() => `secret-${++count}`),
    digits: (length) => Effect.succeed("0".repeat(length)),
    recoveryCode: Effect.succeed("0000-0000-0000-0000"),
    digest: (text) => text
  })
})

const it = withLayer(Layer.mergeAll(artifactStoreLayer, seeded(7), secrets))

const app: RegisterClient = {
  name: "Budget Planner",
  confidentiality: "confidential",
  grantTypes: ["authorization_code", "refresh_token"],
  redirectUris: ["https://budget.example/back"],
  scopes: ["accounts:read"]
}

const program: RegisterClient = {
  name: "Nightly Settlement",
  confidentiality: "confidential",
  grantTypes: ["client_credentials"],
  redirectUris: [],
  scopes: ["bank:admin"]
}

it.effect("an app with a secret must push its requests and is told the secret once", () =>
  Effect.gen(function* () {
    const { client, secret } = yield* registerClient(app)
    assert.match(client.id, /^app_/u)
    assert.equal(secret, "secret-1")
    const artifacts = yield* ArtifactStore
    const stored: unknown = JSON.parse((yield* artifacts.find("Client", client.id))?.payload ?? "null")
    assert.deepEqual(stored, {
      client_id: client.id,
      client_name: "Budget Planner",
      client_secret: "secret-1",
      application_type: "web",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["https://budget.example/back"],
      post_logout_redirect_uris: [],
      scope: "openid email profile offline_access accounts:read",
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: false
    })
    assert.deepEqual(yield* listClients(), [client])
  })
)

it.effect("an app on a user's device has no secret and comes back to a loopback address", () =>
  Effect.gen(function* () {
    const { client, secret } = yield* registerClient({
      ...app,
      confidentiality: "public",
      redirectUris: ["http://127.0.0.1/back"]
    })
    assert.equal(secret, undefined)
    assert.equal(client.confidentiality, "public")
  })
)

it.effect("a program may have scopes that no user can grant", () =>
  Effect.gen(function* () {
    const { client } = yield* registerClient(program)
    assert.deepEqual(client.scopes, ["bank:admin"])
  })
)

it.effect("no app that acts for users is a program as well, which would reach any account without their consent", () =>
  Effect.sync(() => {
    const isCommand = Schema.is(RegisterClient)
    assert.ok(isCommand(app) && isCommand(program))
    assert.ok(!isCommand({ ...app, grantTypes: ["authorization_code", "client_credentials"] }))
  })
)

it.effect("what no client can be is refused, the first reason first", () =>
  Effect.gen(function* () {
    const refused = (command: RegisterClient) => Effect.map(Effect.flip(registerClient(command)), (error) => error._tag)
    assert.equal(yield* refused({ ...program, confidentiality: "public" }), "ClientNeedsSecret")
    assert.equal(yield* refused({ ...app, redirectUris: [] }), "ClientRedirectMismatch")
    assert.equal(yield* refused({ ...program, redirectUris: app.redirectUris }), "ClientRedirectMismatch")
    assert.equal(yield* refused({ ...program, grantTypes: ["refresh_token"] }), "ClientRedirectMismatch")
    assert.equal(yield* refused({ ...app, scopes: ["bank:admin"] }), "ScopeNotGrantable")
    assert.deepEqual(yield* listClients(), [])
  })
)

it.effect("a removed client is gone, and one that is not there cannot be removed", () =>
  Effect.gen(function* () {
    const { client } = yield* registerClient(app)
    yield* removeClient({ client: client.id })
    assert.deepEqual(yield* listClients(), [])
    assert.equal((yield* Effect.flip(removeClient({ client: client.id })))._tag, "ClientNotFound")
    assert.equal(ClientId.make(client.id), client.id)
  })
)

it.effect("a redirect address is https or loopback, and has no fragment", () =>
  Effect.sync(() => {
    const isUri = Schema.is(RedirectUri)
    for (const uri of [
      "https://a.example/x?y=1",
      "https://a.example:8443",
      "http://127.0.0.1:49152/",
      "http://[::1]/b"
    ])
      assert.ok(isUri(uri), uri)
    for (const uri of [
      "http://a.example/",
      "https://a.example/#f",
      "https://user@a.example/",
      "http://127.0.0.1.a.example/",
      "http://localhost/",
      "javascript:alert(1)",
      "https://a.example/ b",
      "https://"
    ])
      assert.ok(!isUri(uri), uri)
  })
)
