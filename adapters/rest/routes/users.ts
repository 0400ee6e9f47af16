import { Effect } from "effect"
import { UserGuards } from "../../../application/access/index.ts"
import {
  AssignRoles,
  assignRoles,
  ChangeEmail,
  ChangePassword,
  CloseUser,
  ConfirmEmail,
  changeEmail,
  changePassword,
  closeUser,
  confirmEmail,
  EraseUser,
  ExportUser,
  eraseUser,
  exportUser,
  GetUser,
  getUser,
  ListUsers,
  listUsers,
  RegisterUser,
  Registration,
  registerUser,
  UpdateProfile,
  UserExport,
  UserView,
  updateProfile,
  VerifyEmail,
  verifyEmail
} from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"
import { password, ticket } from "../examples.ts"
import { nothing } from "../Nothing.ts"
import { page, pageOf } from "../Page.ts"

const userAnswer = {
  answer: UserView,
  answerName: "User",
  version: ({ version }: UserView): number => version
}

const profile = { fullName: "Ada Lovelace", birthDate: "1990-12-10" }

/** Users: registering, who they are, and what the bank's staff decides about them. */
export const users = [
  endpoint({
    method: "POST",
    path: "/v1/users",
    operationId: "registerUser",
    summary: "Register; a code comes by mail, and whether the address is taken is told only there",
    command: RegisterUser,
    answer: Registration,
    answerName: "Registration",
    status: 202,
    errors: ["PasswordRefused", "LoginThrottled", "HashingOverloaded", "MailUndeliverable"],
    example: { email: "ada@example.com", password, profile },
    guard: UserGuards.registerUser,
    run: (command, { origin }) => registerUser(command, origin)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/verifications",
    operationId: "verifyEmail",
    summary: "Complete a registration with the code that was mailed",
    command: VerifyEmail,
    ...userAnswer,
    status: 201,
    errors: ["InvalidCode", "EmailTaken"],
    location: ({ id }) => `/v1/users/${id}`,
    example: { ticket, code: "12345678" },
    guard: UserGuards.verifyEmail,
    run: (command) => verifyEmail(command)
  }),
  endpoint({
    method: "GET",
    path: "/v1/users",
    operationId: "listUsers",
    summary: "List users in the order of registration",
    command: ListUsers,
    answer: pageOf(UserView),
    answerName: "UserPage",
    status: 200,
    errors: [],
    list: "users",
    guard: UserGuards.listUsers,
    run: (query) => Effect.map(listUsers(query), page("users"))
  }),
  endpoint({
    method: "GET",
    path: "/v1/users/{user}",
    operationId: "getUser",
    summary: "Read a user",
    command: GetUser,
    ...userAnswer,
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.readUser,
    run: (query) => getUser(query)
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/users/{user}",
    operationId: "updateProfile",
    summary: "Replace a user's profile; with another name or birth date the identification starts anew",
    command: UpdateProfile,
    ...userAnswer,
    status: 200,
    errors: ["UserNotFound", "UserChanged", "UserStatusConflict"],
    ifMatch: "required",
    example: { profile },
    guard: UserGuards.updateProfile,
    run: (command) => updateProfile(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/email",
    operationId: "changeEmail",
    summary: "Ask for another email address; a code comes there by mail",
    command: ChangeEmail,
    ...nothing,
    errors: [
      "UserNotFound",
      "UserStatusConflict",
      "StepUpRequired",
      "LoginThrottled",
      "HashingOverloaded",
      "WrongPassword",
      "MailUndeliverable"
    ],
    example: { email: "ada.lovelace@example.com", password },
    guard: UserGuards.changeEmail,
    run: (command, { caller }) => changeEmail(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/email/confirm",
    operationId: "confirmEmail",
    summary: "Make the other address the user's with the code that was mailed there",
    command: ConfirmEmail,
    ...userAnswer,
    status: 200,
    errors: ["UserNotFound", "UserStatusConflict", "InvalidCode", "EmailTaken", "UserChanged"],
    example: { code: "12345678" },
    guard: UserGuards.confirmEmail,
    run: (command) => confirmEmail(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/password",
    operationId: "changePassword",
    summary: "Set a new password and end the other sessions",
    command: ChangePassword,
    ...nothing,
    errors: [
      "UserNotFound",
      "UserStatusConflict",
      "StepUpRequired",
      "LoginThrottled",
      "HashingOverloaded",
      "WrongPassword",
      "PasswordRefused",
      "UserChanged"
    ],
    example: { oldPassword: password, password: "eleven gophers dig tunnels" },
    guard: UserGuards.changePassword,
    run: (command, { caller }) => changePassword(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/close",
    operationId: "closeUser",
    summary: "End the relationship: the user does not log in any more",
    command: CloseUser,
    ...userAnswer,
    status: 200,
    errors: [
      "UserNotFound",
      "StepUpRequired",
      "LoginThrottled",
      "HashingOverloaded",
      "WrongPassword",
      "UserChanged",
      "UserStatusConflict",
      "LastAdministrator",
      "AccountsOutstanding"
    ],
    ifMatch: "optional",
    example: { password },
    guard: UserGuards.closeUser,
    run: (command, { caller }) => closeUser(command, caller)
  }),
  endpoint({
    method: "GET",
    path: "/v1/users/{user}/export",
    operationId: "exportUser",
    summary: "Read everything that the bank knows of a person (GDPR, articles 15 and 20)",
    command: ExportUser,
    answer: UserExport,
    answerName: "UserExport",
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.exportUser,
    run: (query) => exportUser(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/erase",
    operationId: "eraseUser",
    summary: "Take away what is known of a person, once the law lets the bank (GDPR, article 17)",
    command: EraseUser,
    ...userAnswer,
    status: 200,
    errors: ["NotOnOneself", "UserNotFound", "UserStatusConflict", "RetentionNotOver", "UserChanged"],
    guard: UserGuards.eraseUser,
    run: (command, { caller }) => eraseUser(command, caller)
  }),
  endpoint({
    method: "PUT",
    path: "/v1/users/{user}/roles",
    operationId: "assignRoles",
    summary: "Give a user these roles and take the others away; usually filed as an approval",
    command: AssignRoles,
    ...userAnswer,
    status: 200,
    errors: [
      "NotOnOneself",
      "UserNotFound",
      "UserChanged",
      "UserStatusConflict",
      "RolesNotAssignable",
      "LastAdministrator"
    ],
    ifMatch: "required",
    example: { roles: ["customer", "teller"], branch: "main" },
    guard: UserGuards.assignRoles,
    run: (command, { caller }) => assignRoles(command, caller)
  })
]
