/**
 * A user whom there is not, as rows: they are opened and read in place of those that were not found, so that an address
 * that nobody has takes as long as one that somebody has, and time tells nobody who has a login. The rows are in no table;
 * they are made once for each bank.
 */
import { Effect } from "effect"
import { FieldCipher, type KeysUnavailable } from "../../../application/ports/Crypto.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { BranchId, type Credentials, type TenantId, User } from "../../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../../domain/ids/index.ts"
import type { Row } from "../Fields.ts"
import { uuidOf } from "../Uuid.ts"
import { personalText, placeOf } from "./PersonRows.ts"

const bytes = new Uint8Array(16)
const id = UserId.make(TypedId.fromBytes("usr", bytes))
const customer = CustomerId.make(TypedId.fromBytes("cus", bytes))

const userOf = (tenant: TenantId): User.User => ({
  id,
  tenant,
  branch: BranchId.make("main"),
  customer,
  status: "active",
  email: User.Email.make("nobody@bank.invalid"),
  emailVerifiedAt: Instant.fromMillis(0),
  profile: { fullName: "Nobody at All" },
  roles: ["customer"],
  kyc: { level: "none", status: "none" },
  createdAt: Instant.fromMillis(0),
  version: 1
})

/** With a password, by the text of a hash of the usual length. */
const credentials: Credentials.Credentials = {
  user: id,
  password: `$argon2id$v=19$m=65536,t=3,p=1$${"A".repeat(22)}$${"A".repeat(43)}`,
  recoveryCodes: [],
  passkeys: [],
  identities: [],
  version: 1
}

interface Nobody {
  readonly id: UserId
  readonly person: Row
  readonly credential: Row
}

const encoder = new TextEncoder()

/** Gives a bank's nobody; `encode` writes credentials as they are stored, `place` says where those of an id are. */
export const nobodies = (
  encode: (credentials: Credentials.Credentials) => string,
  place: (id: string) => string
): Effect.Effect<(tenant: TenantId) => Effect.Effect<Nobody, KeysUnavailable>, never, FieldCipher> =>
  Effect.map(FieldCipher, (cipher) => {
    const known = new Map<TenantId, Nobody>()
    return Effect.fnUntraced(function* (tenant: TenantId) {
      const found = known.get(tenant)
      if (found !== undefined) return found
      const user = userOf(tenant)
      const sealed = yield* cipher.encrypt(tenant, placeOf(id), encoder.encode(personalText(user)))
      const secrets = yield* cipher.encrypt(tenant, place(id), encoder.encode(encode(credentials)))
      const nobody: Nobody = {
        id,
        credential: { sealed: secrets },
        person: {
          user_id: uuidOf(id),
          tenant,
          branch: user.branch,
          customer: uuidOf(customer),
          status: user.status,
          roles: user.roles.join(" "),
          kyc_level: user.kyc.level,
          kyc_status: user.kyc.status,
          email_verified_at: 0n,
          created_at: 0n,
          closed_at: null,
          version: user.version,
          sealed
        }
      }
      known.set(tenant, nobody)
      return nobody
    })
  })
