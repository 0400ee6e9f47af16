import { Layer, Option } from "effect"
import { AwsKeyManagement, FieldCipher, FileKeyManagement } from "../../adapters/crypto/index.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { Permission } from "../../domain/identity/index.ts"
import { dataDirOf } from "./Database.ts"
import { operationsIn } from "./IdentitySettings.ts"
import type { Settings } from "./Settings.ts"

/** What the bank has decided about who may do what. */
export const termsOf = ({ mode, identity }: Settings): Layer.Layer<Terms> =>
  Layer.succeed(
    Terms,
    Terms.of({
      ...Permission.termsUsual,
      tenant: identity.tenant,
      fourEyes: operationsIn(identity.fourEyes),
      stepUpUnitsAbove: BigInt(identity.stepUpAbove),
      selfServiceCash: Option.getOrElse(identity.selfServiceCash, () => mode === "development")
    })
  )

/** The file of the master keys, where they are not in a KMS. */
export const masterKeysOf = (from: Settings): string =>
  Option.getOrElse(from.identity.masterKeys, () => `${dataDirOf(from)}/master-keys`)

/** What wraps the keys that seal personal data. */
export const keyManagementOf = (from: Settings) =>
  Option.match(from.identity.kmsKey, {
    onSome: (keyId) => AwsKeyManagement.layer({ keyId }),
    onNone: () => FileKeyManagement.layer({ file: masterKeysOf(from) })
  })

/** What seals personal data; needs the store of the data keys. */
export const cipherOf = (from: Settings) => Layer.provide(FieldCipher.layer, keyManagementOf(from))
