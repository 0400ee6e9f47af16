/** Keys, and what they seal. */
export * as AwsKeyManagement from "./AwsKeyManagement.ts"
export * as FieldCipher from "./FieldCipher.ts"
export * as FileKeyManagement from "./FileKeyManagement.ts"
export * as Secrets from "./Secrets.ts"
