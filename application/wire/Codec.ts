import { Result, Schema, SchemaAST } from "effect"
import { type Parse, parserOf, unfit } from "./Parser.ts"

/** Decodes what comes from outside. A failure has every fault. */
type Decode<A> = (input: unknown) => Result.Result<A, Schema.SchemaError>

/**
 * The decoder of a Schema that tells all faults of a request, fields that the Schema does not name among them. A right
 * request is decoded in one pass; only a wrong one is shown to the Schema itself, which says what is wrong.
 */
export const decoder = <A>(schema: Schema.Codec<A, unknown>): Decode<A> => {
  const judge = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  const parse = parserOf(schema.ast, { isStrict: true })
  if (parse === undefined) return judge
  // A parser of a Schema makes its type of what it takes.
  const isTaken = (made: unknown): made is A => made !== unfit
  return (input) => {
    const made = parse(input)
    return isTaken(made) ? Result.succeed(made) : judge(input)
  }
}

/** The encoder of a Schema. Checks are not made: what a use case answers has passed those of the domain. */
export const encoder = <A>(schema: Schema.Codec<A, unknown>): ((value: A) => unknown) => {
  const judge = Schema.encodeSync(schema, { disableChecks: true })
  const parse: Parse | undefined = parserOf(SchemaAST.flip(schema.ast), { isStrict: false })
  if (parse === undefined) return judge
  return (value) => {
    const made = parse(value)
    return made === unfit ? judge(value) : made
  }
}
