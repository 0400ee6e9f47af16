import { UserGuards } from "../../../application/access/index.ts"
import { ReviewKyc, reviewKyc, SubmitKyc, submitKyc, UserView } from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"

const userAnswer = {
  answer: UserView,
  answerName: "User",
  status: 200,
  version: ({ version }: UserView): number => version
} as const

/** Who a user is: the check, and the decision that it leaves to a person. */
export const kyc = [
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/kyc",
    operationId: "submitKyc",
    summary: "Ask for a check of who the user is, which raises what it may move at once",
    command: SubmitKyc,
    ...userAnswer,
    errors: [
      "UserNotFound",
      "UserStatusConflict",
      "KycConflict",
      "ProfileIncomplete",
      "VerificationUnavailable",
      "UserChanged"
    ],
    example: { level: "basic" },
    guard: UserGuards.submitKyc,
    run: (command) => submitKyc(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/kyc/review",
    operationId: "reviewKyc",
    summary: "Decide on a check that was left to a person of the bank",
    command: ReviewKyc,
    ...userAnswer,
    errors: ["NotOnOneself", "UserNotFound", "UserChanged", "UserStatusConflict", "KycConflict"],
    ifMatch: "optional",
    example: { outcome: "approved" },
    guard: UserGuards.reviewKyc,
    run: (command, { caller }) => reviewKyc(command, caller)
  })
]
