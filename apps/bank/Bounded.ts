import { Schema, SchemaTransformation } from "effect"

/** A whole number of a setting. */
export const bounded = (minimum: number, maximum: number) =>
  Schema.String.check(
    Schema.makeFilter((text: string) =>
      /^\d{1,9}$/u.test(text) && Number(text) >= minimum && Number(text) <= maximum
        ? undefined
        : `Expected a whole number from ${minimum} to ${maximum}`
    )
  ).pipe(Schema.decodeTo(Schema.Int, SchemaTransformation.numberFromString))

/** A TCP port; 0 takes any free one. */
export const Port = bounded(0, 65_535)
