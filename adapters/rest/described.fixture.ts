/** A bank whose every answer is held against the API description: its status is declared, and its body is as described. */
import assert from "node:assert/strict"
import { schemaFaults } from "./jsonSchema.fixture.ts"
import type { Received, Sending, TestBank } from "./rest.fixture.ts"

const within = (value: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : undefined,
    value
  )

/** The path of the description that an address is of; one without parameters before one with. */
const patternOf = (paths: unknown, method: string, address: string): string | undefined => {
  const asked = address.replace(/\?.*$/u, "").split("/")
  return Object.keys(Object(paths))
    .filter((path) => within(paths, path, method.toLowerCase()) !== undefined)
    .toSorted((left, right) => left.split("{").length - right.split("{").length)
    .find((path) => {
      const parts = path.split("/")
      return parts.length === asked.length && parts.every((part, at) => part.startsWith("{") || part === asked[at])
    })
}

const check = (api: unknown, method: string, address: string, { status, headers, text }: Received): void => {
  const paths = within(api, "paths")
  const pattern = patternOf(paths, method, address)
  if (pattern === undefined) return
  const where = `${method} ${address}: ${status} ${text}`
  const response = within(paths, pattern, method.toLowerCase(), "responses", String(status))
  assert.ok(response !== undefined, `${where} is not described`)
  const type = headers.get("content-type")
  if (type === null) assert.deepEqual([within(response, "content"), text], [undefined, ""], where)
  if (type?.includes("json") !== true) return
  const value: unknown = JSON.parse(text)
  assert.deepEqual(schemaFaults(api, within(response, "content", type, "schema"), value), [], where)
  const code = within(value, "code")
  if (status >= 400) assert.ok(String(within(response, "description")).split(", ").includes(String(code)), where)
}

/** The same bank, which fails the test that gets an answer other than the API description says. */
export const described = (bank: TestBank): TestBank => {
  const api = bank.send("GET", "/openapi.json", { token: null }).then(({ text }): unknown => JSON.parse(text))
  const send = async (method: string, path: string, sending?: Sending): Promise<Received> => {
    const received = await bank.send(method, path, sending)
    check(await api, method, path, received)
    return received
  }
  return { ...bank, send }
}
