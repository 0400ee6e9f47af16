/** What the services of logins share: how they answer where a login stands. */
import { Schema } from "effect"
import { SecondFactorNeeded, type SessionAnswer, SessionCreated } from "../../application/users/index.ts"

const { step: _, ...needed } = SecondFactorNeeded.fields

/** Where a login stands, tagged as its message is. */
export const LoginAnswer = Schema.Union([
  Schema.TaggedStruct("SessionCreated", SessionCreated.fields),
  Schema.TaggedStruct("SecondFactorNeeded", needed)
])
type LoginAnswer = typeof LoginAnswer.Type

/** Tags it. */
export const tagged = (answer: SessionAnswer): LoginAnswer => {
  if (!("step" in answer)) return { _tag: "SessionCreated", ...answer }
  const { ticket, methods } = answer
  return { _tag: "SecondFactorNeeded", ticket, methods }
}
