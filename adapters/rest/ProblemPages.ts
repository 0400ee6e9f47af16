/** One page for each error, at the address that is the `type` of its problem. */
import { catalogue, type Kind } from "../../application/errors/index.ts"
import { edgeCatalogue } from "./EdgeError.ts"
import type { JsonObject } from "./Json.ts"
import { statusByKind } from "./Problem.ts"

const adviceByKind: Readonly<Record<Kind, string>> = {
  invalid: "Mend the request.",
  unauthenticated: "Send a valid token.",
  forbidden: "The caller may not do this.",
  not_found: "Check the id.",
  already_exists: "Read what exists.",
  conflict: "What the request is about is in another state; read it, and change that first.",
  stale: "Read it again and repeat the change on what you read.",
  unprocessable: "The request is well formed and refused; the detail has the figures.",
  exhausted: "Wait as long as the Retry-After header says, then send the same request again.",
  unavailable: "Send the same request with the same Idempotency-Key again: it is done at most once."
}

/** What is told of an error code; `errors` are the domain's names of it. */
export interface ProblemPage extends JsonObject {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly advice: string
  readonly errors: ReadonlyArray<string>
}

const pages = new Map<string, ProblemPage>()
for (const [tag, { code, kind, title }] of Object.entries(catalogue)) {
  const known = pages.get(code)
  pages.set(code, {
    code,
    status: statusByKind[kind],
    title,
    advice: adviceByKind[kind],
    errors: [...(known?.errors ?? []), tag]
  })
}
for (const [code, [status, title, advice]] of Object.entries(edgeCatalogue))
  pages.set(code, { code, status, title, advice, errors: [] })

/** Every error code, in alphabetical order. */
export const problemPages: ReadonlyArray<ProblemPage> = [...pages.values()].sort((left, right) =>
  left.code < right.code ? -1 : 1
)

/** The page of a code. */
export const problemPage = (code: string): ProblemPage | undefined => pages.get(code)

// Nothing here comes from a request, and no text of the catalogues has a character that HTML gives a meaning but these.
const escapeHtml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

/** The page for people. */
export const problemHtml = ({ code, status, title, advice }: ProblemPage): string => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
  <body>
    <h1>${escapeHtml(title)}</h1>
    <p>Code <code>${code}</code>, HTTP status ${status}.</p>
    <p>${escapeHtml(advice)}</p>
  </body>
</html>
`
