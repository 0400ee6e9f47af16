/** The REST API as a person's app calls it: each request says from where it comes and why. */
import { Schema } from "effect"
import type { Person } from "./People.ts"

export interface Asking {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls the API for a person with a token, if any; an answer that is no success is an error that tells its code alone. */
export const apiOf = (restUrl: string, { origin }: Person, token?: string) => {
  const always = {
    "user-agent": origin.userAgent,
    "x-forwarded-for": origin.address,
    "x-reason": origin.reason,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
  }
  return async <A>(path: string, answer: Schema.Codec<A, unknown>, asking: Asking = {}): Promise<A> => {
    const { method = "GET", body, headers } = asking
    const response = await fetch(`${restUrl}${path}`, {
      method,
      headers: { ...always, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${/"code":"\w+"/u.exec(text)?.[0]}`)
    // A 204 has no body.
    return Schema.decodeUnknownSync(Schema.fromJsonString(answer))(text === "" ? "null" : text)
  }
}
