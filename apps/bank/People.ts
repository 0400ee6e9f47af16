/** Users that a start makes by itself: those of the demo, and the first administrator. */
import { randomBytes } from "node:crypto"
import { Clock, Effect, Option } from "effect"
import { PasswordHasher } from "../../application/ports/Crypto.ts"
import { Ids } from "../../application/ports/Ids.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Role, User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { dataDirOf } from "./Database.ts"
import { developer } from "./DevelopmentToken.ts"
import { keptSecret } from "./KeptSecret.ts"
import { InvalidSetting, type Settings } from "./Settings.ts"

/** A user to be there. */
interface Person {
  readonly email: User.Email
  readonly fullName: string
  readonly roles: ReadonlyArray<Role>
  readonly password: string
  readonly customer?: CustomerId
}

/** Makes the user, active and with this password, unless the address has one. */
const present = Effect.fnUntraced(function* ({ email, fullName, roles, password, customer }: Person) {
  const users = yield* UserStore
  const hasher = yield* PasswordHasher
  const { tenant } = yield* Terms
  const known = yield* users.findByEmail(tenant, email)
  if (known !== undefined) return known
  const millis = yield* Clock.currentTimeMillis
  const now = Instant.fromMillis(millis)
  const user: User.User = {
    id: UserId.make(TypedId.fromBytes("usr", (yield* Ids).next(millis))),
    tenant,
    branch: BranchId.make("main"),
    ...(customer === undefined ? {} : { customer }),
    status: "active",
    email,
    emailVerifiedAt: now,
    profile: { fullName },
    roles,
    kyc: customer === undefined ? { level: "none", status: "none" } : { level: "full", status: "approved" },
    createdAt: now,
    version: 1
  }
  yield* users.insert(user, {
    user: user.id,
    password: yield* hasher.hash(password),
    recoveryCodes: [],
    passkeys: [],
    identities: [],
    version: 1
  })
  return user
})

/** The customer that Bob is, the same in every bank. */
export const bob = CustomerId.make(TypedId.fromUuid("cus", "00000000-0000-7000-8000-000000000002"))

const demoEmail = (name: string): User.Email => User.Email.make(`${name}@demo.bank`)

const demoPeople: ReadonlyArray<Omit<Person, "password">> = [
  { email: demoEmail("alice"), fullName: "Alice Adams", roles: ["customer"], customer: developer },
  { email: demoEmail("bob"), fullName: "Bob Brown", roles: ["customer"], customer: bob },
  { email: demoEmail("teller"), fullName: "Tessa Teller", roles: ["teller"] },
  { email: demoEmail("officer"), fullName: "Omar Officer", roles: ["loan_officer"] },
  { email: demoEmail("auditor"), fullName: "Aude Auditor", roles: ["auditor"] },
  { email: demoEmail("operator"), fullName: "Olga Operator", roles: ["operator"] },
  { email: demoEmail("operator2"), fullName: "Oskar Operator", roles: ["operator"] },
  { email: demoEmail("admin"), fullName: "Adam Admin", roles: ["administrator"] }
]

/** The logins that every demo bank has; they share one password, which is made once for each bank. */
export interface DemoLogins {
  readonly emails: ReadonlyArray<string>
  readonly password: string
}

/** Makes the demo's users; a second start finds those of the first. */
export const demoPeoplePresent = Effect.fn("bank.demoPeople")(function* (from: Settings) {
  const file = `${dataDirOf(from)}/demo-password`
  const password = yield* keptSecret(file, /^demo-[\w-]{16}$/u, () => `demo-${randomBytes(12).toString("base64url")}`)
  for (const person of demoPeople) yield* present({ ...person, password })
  return { emails: demoPeople.map(({ email }) => email), password } satisfies DemoLogins
})

const emailOf = (text: string) =>
  Effect.mapError(
    Effect.fromResult(User.emailOf(text)),
    () => new InvalidSetting({ setting: "BANK_ADMIN_EMAIL", expected: "Expected an email address" })
  )

/** The administrator of the settings, made where the address has no user; afterwards both settings may go. */
export const administratorPresent = Effect.fn("bank.administrator")(function* ({ identity }: Settings) {
  const { adminEmail, adminPassword } = identity
  if (Option.isNone(adminEmail) || Option.isNone(adminPassword)) return
  const email = yield* emailOf(adminEmail.value)
  yield* present({ email, fullName: "Administrator", roles: ["administrator"], password: adminPassword.value })
})
