/** The interactive API description: Swagger UI from this server alone, under a policy that lets no other site in. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** Scripts and styles of this site only; Swagger UI draws its icons from data URLs. */
export const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/** The page itself. */
export const docsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gophers Bank API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/initializer.js"></script>
  </body>
</html>
`

// A null validator keeps Swagger UI from showing the description to a validator on the internet.
const initializer = `window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null
})
`

const types: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png"
}

/** A file of the page. */
export interface Asset {
  readonly type: string
  readonly body: string | Uint8Array<ArrayBuffer>
}

const folder = (): string => dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"))

const assets = new Map<string, Asset>([
  ["initializer.js", { type: "text/javascript; charset=utf-8", body: initializer }]
])

/** The file of a name, read from Swagger UI's package when it is first asked for; undefined for any other name. */
export const docsAsset = (name: string): Asset | undefined => {
  const known = assets.get(name)
  const type = Object.hasOwn(types, name) ? types[name] : undefined
  if (known !== undefined || type === undefined) return known
  const asset = { type, body: new Uint8Array(readFileSync(join(folder(), name))) }
  assets.set(name, asset)
  return asset
}
