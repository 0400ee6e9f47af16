/** The API description (OpenAPI 3.1), made of the endpoints' declarations and nothing else. */
import { Schema } from "effect"
import { catalogue } from "../../application/errors/index.ts"
import { CallerKey } from "../../application/ports/Idempotency.ts"
import { Policy } from "../../domain/identity/index.ts"
import { type EdgeCode, edgeCatalogue } from "./EdgeError.ts"
import { type Endpoint, parametersOf, type QueryKind } from "./Endpoint.ts"
import { limitDefault } from "./Input.ts"
import type { Json, JsonObject } from "./Json.ts"
import { statusByKind } from "./Problem.ts"
import type { OpenRoute } from "./routes/operations.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// Definitions are hoisted to where OpenAPI keeps them, under the names that the schemas carry.
const toComponentRefs = (value: unknown): Json => {
  if (Array.isArray(value)) return value.map(toComponentRefs)
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === "$ref" && typeof inner === "string"
          ? inner.replace(/^#\/\$defs\//u, "#/components/schemas/")
          : toComponentRefs(inner)
      ])
    )
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null
}

const jsonSchemaOf = (schema: Schema.Constraint, components: Record<string, Json>): JsonObject => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  for (const [name, definition] of Object.entries(document.definitions)) components[name] = toComponentRefs(definition)
  const converted = toComponentRefs(document.schema)
  return isObject(converted) ? converted : {}
}

const propertiesOf = (schema: JsonObject): JsonObject => (isObject(schema.properties) ? schema.properties : {})

/** Of alternatives each is an object by itself, and none of them is in a path. */
const isAlternatives = ({ anyOf }: JsonObject): boolean => anyOf !== undefined

const without = (schema: JsonObject, names: ReadonlySet<string>): JsonObject => {
  if (isAlternatives(schema)) return schema
  const properties = Object.entries(propertiesOf(schema)).filter(([name]) => !names.has(name))
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => !names.has(String(name))) : []
  const { required: _, ...rest } = schema
  return {
    ...rest,
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required })
  }
}

const problemSchema: JsonObject = {
  type: "object",
  description: "A problem by RFC 9457.",
  properties: {
    type: { type: "string", description: "Where the error is documented; never changes." },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string" },
    code: { type: "string" },
    request_id: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: { field: { type: "string" }, message: { type: "string" } },
        required: ["field", "message"],
        additionalProperties: false
      }
    }
  },
  required: ["type", "title", "status", "detail", "code", "request_id", "errors"],
  additionalProperties: false
}

const edgeErrorsOf = (endpoint: Endpoint): ReadonlyArray<EdgeCode> => [
  "invalid_request",
  "not_acceptable",
  "rate_limited",
  "internal_error",
  ...(endpoint.method === "GET"
    ? []
    : (["malformed_json", "body_too_large", "unsupported_media_type"] satisfies ReadonlyArray<EdgeCode>)),
  ...(endpoint.ifMatch === undefined ? [] : (["etag_mismatch"] satisfies ReadonlyArray<EdgeCode>)),
  ...(endpoint.ifMatch === "required" ? (["precondition_required"] satisfies ReadonlyArray<EdgeCode>) : [])
]

const anywhere = ["AuditUnavailable", "LedgerUnavailable", "LedgerOverloaded"] as const

/** What the policy may answer before the use case. */
const policyErrorsOf = ({ operation }: Endpoint) => {
  const rule = Policy.ruleOf(operation)
  if (Policy.isOpen(rule)) return []
  // What customers move by themselves has the limits of their identification, and of what was delegated to them.
  const isLimited = rule.stepUp === "above_limit" && rule.roles.customer !== undefined
  return [
    ...(["Unauthenticated", "Forbidden"] as const),
    ...(isLimited ? (["KycLimitExceeded", "DelegationLimitExceeded"] as const) : []),
    ...(rule.stepUp === undefined ? [] : (["StepUpRequired"] as const)),
    ...(Policy.fourEyes.possible.some((each) => each === operation) ? (["ApprovalRequired"] as const) : [])
  ]
}

const problemResponses = (endpoint: Endpoint): JsonObject => {
  const codes = new Map<number, Set<string>>()
  const add = (status: number, code: string) => codes.set(status, (codes.get(status) ?? new Set()).add(code))
  const keyed = endpoint.idempotencyKey === "required" ? (["IdempotencyConflict"] as const) : []
  for (const tag of [...endpoint.errors, ...policyErrorsOf(endpoint), ...anywhere, ...keyed])
    add(statusByKind[catalogue[tag].kind], catalogue[tag].code)
  for (const code of edgeErrorsOf(endpoint)) add(edgeCatalogue[code][0], code)
  return Object.fromEntries(
    [...codes].map(([status, names]) => [
      String(status),
      {
        description: [...names].join(", "),
        headers: { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } },
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } }
      }
    ])
  )
}

const header = (name: string, required: boolean, description: string, schema: JsonObject): JsonObject => ({
  name,
  in: "header",
  required,
  description,
  schema
})

// How parameters that are more than text are written (OpenAPI 3.1, style values).
const queryStyle: Readonly<Record<QueryKind, JsonObject>> = {
  text: {},
  list: { style: "form", explode: false },
  map: { style: "deepObject", explode: true }
}

/** What stands in a path for what is the caller's. */
const words: Readonly<Record<string, string>> = { user: "me", session: "current" }

const withWord = (name: string, schema: Json): Json => {
  const word = words[name]
  return word === undefined ? schema : { anyOf: [{ const: word }, schema] }
}

const parameterList = (endpoint: Endpoint, command: JsonObject): ReadonlyArray<Json> => {
  const properties = propertiesOf(command)
  const names = parametersOf(endpoint.path)
  const path = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: withWord(name, properties[name] ?? {})
  }))
  const isQueried = endpoint.list !== undefined || endpoint.query !== undefined
  const query = Object.entries(isQueried ? properties : {})
    .filter(([name]) => !names.includes(name))
    .map(([name, schema]) =>
      name === "after"
        ? { name: "cursor", in: "query", description: "The nextCursor of a page.", schema: { type: "string" } }
        : {
            name,
            in: "query",
            ...queryStyle[endpoint.query?.[name] ?? "text"],
            schema: name === "limit" && isObject(schema) ? { ...schema, default: limitDefault } : schema
          }
    )
  const headers = [
    ...(endpoint.method === "POST" && !endpoint.isOpen
      ? [
          header(
            "Idempotency-Key",
            endpoint.idempotencyKey === "required",
            "Names this request, so that sending it again is answered and not done again.",
            jsonSchemaOf(CallerKey, {})
          )
        ]
      : []),
    ...(endpoint.resumes === true
      ? [
          header("Last-Event-ID", false, "The id of the last event you have; 0 for all, only new ones without it.", {
            type: "string",
            pattern: "^\\d{1,15}$"
          })
        ]
      : []),
    ...(endpoint.ifMatch === undefined
      ? []
      : [header("If-Match", endpoint.ifMatch === "required", "The ETag you have read.", { type: "string" })])
  ]
  return [...path, ...query, ...headers]
}

const nameOf = (operationId: string): string => `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}`

const successHeaders = (endpoint: Endpoint): JsonObject => ({
  "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
  ...(endpoint.hasLocation ? { Location: { $ref: "#/components/headers/Location" } } : {}),
  ...(endpoint.hasVersion ? { ETag: { $ref: "#/components/headers/ETag" } } : {})
})

// A stream's schema is that of its whole text; what each event of one holds is said by name.
const answerContent = ({ types, answerName, resumes = false }: Endpoint): JsonObject =>
  Object.fromEntries(
    types.map((type) => {
      if (type === "application/json") return [type, { schema: { $ref: `#/components/schemas/${answerName}` } }]
      return [type, { schema: { type: "string", ...(resumes ? { description: `Events of ${answerName}.` } : {}) } }]
    })
  )

const phrases = { 200: "OK", 201: "Created", 202: "Accepted", 204: "Done" } as const satisfies Record<
  Endpoint["status"],
  string
>

const operationOf = (endpoint: Endpoint, schemas: Record<string, Json>): JsonObject => {
  const command = jsonSchemaOf(endpoint.command, schemas)
  const isSilent = endpoint.status === 204
  if (!isSilent) schemas[endpoint.answerName] = jsonSchemaOf(endpoint.answer, schemas)
  const name = nameOf(endpoint.operationId)
  const body = without(command, new Set([...parametersOf(endpoint.path), "expectedVersion"]))
  const hasFields = isAlternatives(body) || Object.keys(propertiesOf(body)).length > 0
  const hasBody = endpoint.method !== "GET" && hasFields
  if (hasBody) schemas[name] = body
  const content = {
    schema: { $ref: `#/components/schemas/${name}` },
    ...(endpoint.example === undefined ? {} : { example: endpoint.example })
  }
  return {
    operationId: endpoint.operationId,
    summary: endpoint.summary,
    tags: [endpoint.path.split("/").at(2) ?? ""],
    ...(endpoint.isOpen ? { security: [] } : {}),
    parameters: parameterList(endpoint, command),
    ...(hasBody
      ? {
          requestBody: {
            required: isAlternatives(body) || body.required !== undefined,
            content: { "application/json": content }
          }
        }
      : {}),
    responses: {
      [String(endpoint.status)]: {
        description: phrases[endpoint.status],
        headers: successHeaders(endpoint),
        ...(isSilent ? {} : { content: answerContent(endpoint) })
      },
      ...problemResponses(endpoint)
    }
  }
}

const textHeader = (description: string): JsonObject => ({ description, schema: { type: "string" } })

const openOperation = ({ path, described }: OpenRoute): JsonObject =>
  described === undefined
    ? {}
    : {
        [path]: {
          get: {
            operationId: described.operationId,
            summary: described.summary,
            tags: ["operations"],
            security: [],
            parameters: parametersOf(path).map((name) => ({
              name,
              in: "path",
              required: true,
              schema: { type: "string" }
            })),
            responses: {
              "200": { description: "OK", content: { [described.type]: {} } },
              default: {
                description: "A problem",
                content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } }
              }
            }
          }
        }
      }

/** The OpenAPI document of the endpoints and the open routes, served by the site that `publicUrl` names (`/` where it is not known). */
export const openApi = (
  endpoints: ReadonlyArray<Endpoint>,
  open: ReadonlyArray<OpenRoute>,
  publicUrl: string
): JsonObject => {
  const schemas: Record<string, Json> = { Problem: problemSchema }
  const paths: Record<string, JsonObject> = {}
  for (const endpoint of endpoints)
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint, schemas)
    }
  for (const route of open) Object.assign(paths, openOperation(route))
  return {
    openapi: "3.1.0",
    info: {
      title: "Gophers Bank",
      version: "1",
      description:
        "Amounts are exact decimal text with an ISO 4217 currency. Every request that moves money carries an Idempotency-Key.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" }
    },
    servers: [{ url: publicUrl === "" ? "/" : publicUrl }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      headers: {
        ETag: textHeader("The version, for If-Match."),
        Location: textHeader("Where what was made can be read."),
        "X-Request-Id": textHeader("Names this request in the bank's log.")
      },
      schemas
    }
  }
}
