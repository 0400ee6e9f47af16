/** `bank.user.v1.UserService` over the use cases of `application/users`. */
import { UserGuards } from "../../application/access/index.ts"
import {
  Accepted,
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
  RequestPasswordReset,
  ResetPassword,
  ReviewKyc,
  registerUser,
  requestPasswordReset,
  resetPassword,
  reviewKyc,
  SubmitKyc,
  submitKyc,
  UpdateProfile,
  UserExport,
  UserList,
  UserView,
  updateProfile,
  VerifyEmail,
  verifyEmail
} from "../../application/users/index.ts"
import { UserService } from "../../proto/gen/bank/user/v1/user_service_pb.ts"
import { guarded } from "./Door.ts"
import { limitDefault } from "./Limits.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = UserService
const user = { answer: UserView, as: "user" } as const

const rpcs = {
  registerUser: unary({
    method: method.registerUser,
    door: guarded(UserGuards.registerUser),
    command: RegisterUser,
    answer: Registration,
    run: (command, { origin }) => registerUser(command, origin)
  }),
  verifyEmail: unary({
    method: method.verifyEmail,
    door: guarded(UserGuards.verifyEmail),
    command: VerifyEmail,
    ...user,
    run: verifyEmail
  }),
  requestPasswordReset: unary({
    method: method.requestPasswordReset,
    door: guarded(UserGuards.requestPasswordReset),
    command: RequestPasswordReset,
    answer: Accepted,
    run: (command, { origin }) => requestPasswordReset(command, origin)
  }),
  resetPassword: unary({
    method: method.resetPassword,
    door: guarded(UserGuards.resetPassword),
    command: ResetPassword,
    answer: Accepted,
    run: resetPassword
  }),
  getUser: unary({
    method: method.getUser,
    door: guarded(UserGuards.readUser),
    command: GetUser,
    ...user,
    own: ["user"],
    run: getUser
  }),
  listUsers: unary({
    method: method.listUsers,
    door: guarded(UserGuards.listUsers),
    command: ListUsers,
    answer: UserList,
    defaults: { limit: limitDefault },
    run: listUsers
  }),
  updateProfile: unary({
    method: method.updateProfile,
    door: guarded(UserGuards.updateProfile),
    command: UpdateProfile,
    ...user,
    own: ["user"],
    run: updateProfile
  }),
  changeEmail: unary({
    method: method.changeEmail,
    door: guarded(UserGuards.changeEmail),
    command: ChangeEmail,
    answer: Accepted,
    own: ["user"],
    run: (command, { caller }) => changeEmail(command, caller)
  }),
  confirmEmail: unary({
    method: method.confirmEmail,
    door: guarded(UserGuards.confirmEmail),
    command: ConfirmEmail,
    ...user,
    own: ["user"],
    run: confirmEmail
  }),
  changePassword: unary({
    method: method.changePassword,
    door: guarded(UserGuards.changePassword),
    command: ChangePassword,
    answer: Accepted,
    own: ["user"],
    run: (command, { caller }) => changePassword(command, caller)
  }),
  closeUser: unary({
    method: method.closeUser,
    door: guarded(UserGuards.closeUser),
    command: CloseUser,
    ...user,
    own: ["user"],
    run: (command, { caller }) => closeUser(command, caller)
  }),
  exportUser: unary({
    method: method.exportUser,
    door: guarded(UserGuards.exportUser),
    command: ExportUser,
    answer: UserExport,
    as: "document",
    own: ["user"],
    run: exportUser
  }),
  eraseUser: unary({
    method: method.eraseUser,
    door: guarded(UserGuards.eraseUser),
    command: EraseUser,
    ...user,
    run: (command, { caller }) => eraseUser(command, caller)
  }),
  assignRoles: unary({
    method: method.assignRoles,
    door: guarded(UserGuards.assignRoles),
    command: AssignRoles,
    ...user,
    run: (command, { caller }) => assignRoles(command, caller)
  }),
  submitKyc: unary({
    method: method.submitKyc,
    door: guarded(UserGuards.submitKyc),
    command: SubmitKyc,
    ...user,
    own: ["user"],
    run: submitKyc
  }),
  reviewKyc: unary({
    method: method.reviewKyc,
    door: guarded(UserGuards.reviewKyc),
    command: ReviewKyc,
    ...user,
    run: (command, { caller }) => reviewKyc(command, caller)
  })
}

/** Users: who they are, how the bank knows them, and what administrators do with them. */
export const userService: RpcService<Needs<typeof rpcs>> = {
  desc: UserService,
  open: ["RegisterUser", "VerifyEmail", "RequestPasswordReset", "ResetPassword"],
  register: (router, context, options) => {
    router.service(
      UserService,
      {
        registerUser: rpcs.registerUser(context),
        verifyEmail: rpcs.verifyEmail(context),
        requestPasswordReset: rpcs.requestPasswordReset(context),
        resetPassword: rpcs.resetPassword(context),
        getUser: rpcs.getUser(context),
        listUsers: rpcs.listUsers(context),
        updateProfile: rpcs.updateProfile(context),
        changeEmail: rpcs.changeEmail(context),
        confirmEmail: rpcs.confirmEmail(context),
        changePassword: rpcs.changePassword(context),
        closeUser: rpcs.closeUser(context),
        exportUser: rpcs.exportUser(context),
        eraseUser: rpcs.eraseUser(context),
        assignRoles: rpcs.assignRoles(context),
        submitKyc: rpcs.submitKyc(context),
        reviewKyc: rpcs.reviewKyc(context)
      },
      options
    )
  }
}
