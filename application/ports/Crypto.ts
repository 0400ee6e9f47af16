import { Context, type Effect, Schema } from "effect"
import type { TenantId } from "../../domain/identity/index.ts"

/** The keys cannot be had just now, or not used; nothing was done, send the same request again. */
export class KeysUnavailable extends Schema.TaggedError<KeysUnavailable>()("KeysUnavailable", {
  reason: Schema.String
}) {}

/**
 * Wraps keys under a master key that never leaves it: a file in development, AWS KMS or the like in production. `context`
 * is authenticated: what was wrapped in one context does not unwrap in another.
 */
export class KeyManagement extends Context.Service<
  KeyManagement,
  {
    /** Names the present master key, such as its ARN; what was wrapped under another is to be wrapped anew. */
    readonly keyId: string
    /** 32 new random bytes, plain and wrapped. */
    readonly generate: (
      context: string
    ) => Effect.Effect<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }, KeysUnavailable>
    /** Wraps a key that is there already. */
    readonly wrap: (plain: Uint8Array, context: string) => Effect.Effect<Uint8Array, KeysUnavailable>
    /** Unwraps what any master key that is still there has wrapped. */
    readonly unwrap: (wrapped: Uint8Array, context: string) => Effect.Effect<Uint8Array, KeysUnavailable>
  }
>()("bank/application/ports/KeyManagement") {}

/** A tenant's data key, wrapped. The newest encrypts, the others still decrypt. */
export interface WrappedKey {
  readonly tenant: TenantId
  /** `field` keys encrypt, `index` keys make blind indexes and are never rotated without making the indexes anew. */
  readonly purpose: "field" | "index"
  /** Counts a tenant's keys of a purpose from 1. */
  readonly number: number
  /** The master key that wraps it. */
  readonly masterKey: string
  readonly wrapped: Uint8Array
}

/** Where wrapped data keys are kept. */
export class DataKeyStore extends Context.Service<
  DataKeyStore,
  {
    /** Every key of a tenant, by number. */
    readonly of: (tenant: TenantId) => Effect.Effect<ReadonlyArray<WrappedKey>, KeysUnavailable>
    /** Adds a key; false where its number is taken, which another process has done first. */
    readonly add: (key: WrappedKey) => Effect.Effect<boolean, KeysUnavailable>
    /** Keeps the same key under another master key. */
    readonly rewrap: (key: WrappedKey) => Effect.Effect<void, KeysUnavailable>
  }
>()("bank/application/ports/DataKeyStore") {}

/**
 * Encrypts personal data field by field: AES-256-GCM under the tenant's newest data key, which the result names. `place`
 * says which field of which record it is (`user.profile usr_…`) and is authenticated: a value moved elsewhere does not
 * decrypt.
 */
export class FieldCipher extends Context.Service<
  FieldCipher,
  {
    readonly encrypt: (tenant: TenantId, place: string, plain: Uint8Array) => Effect.Effect<Uint8Array, KeysUnavailable>
    /** A value that was altered, moved or never encrypted here is a defect. */
    readonly decrypt: (
      tenant: TenantId,
      place: string,
      sealed: Uint8Array
    ) => Effect.Effect<Uint8Array, KeysUnavailable>
    /** 32 bytes, the same for the same text of a tenant and purpose, that tell nothing of it without the key. */
    readonly blindIndex: (tenant: TenantId, purpose: string, text: string) => Effect.Effect<Uint8Array, KeysUnavailable>
    /** Makes a new data key, under which everything is encrypted from now on. */
    readonly rotate: (tenant: TenantId) => Effect.Effect<void, KeysUnavailable>
  }
>()("bank/application/ports/FieldCipher") {}

/** There are as many passwords being hashed as are taken; try again after a moment. */
export class HashingOverloaded extends Schema.TaggedError<HashingOverloaded>()("HashingOverloaded", {}) {}

/** Hashes passwords slowly (Argon2id), a bounded number at a time. */
export class PasswordHasher extends Context.Service<
  PasswordHasher,
  {
    readonly hash: (password: string) => Effect.Effect<string, HashingOverloaded>
    /** `stale`: right, and hashed by older parameters than the present ones. Without a hash it takes as long and is wrong. */
    readonly verify: (
      password: string,
      hash: string | undefined
    ) => Effect.Effect<"right" | "stale" | "wrong", HashingOverloaded>
  }
>()("bank/application/ports/PasswordHasher") {}

/** Knows passwords that were seen in breaches; asks nobody outside. */
export class BreachedPasswords extends Context.Service<
  BreachedPasswords,
  { readonly has: (password: string) => Effect.Effect<boolean> }
>()("bank/application/ports/BreachedPasswords") {}

/** Makes secrets and their digests; randomness for secrets enters the core only here. */
export class Secrets extends Context.Service<
  Secrets,
  {
    /** Base64url of 32 random bytes. */
    readonly token: Effect.Effect<string>
    /** This many decimal digits, each as likely as any other. */
    readonly digits: (length: number) => Effect.Effect<string>
    /** A recovery code that people can type: 16 characters of Crockford's base32 in groups of four. */
    readonly recoveryCode: Effect.Effect<string>
    /** Hexadecimal SHA-256. */
    readonly digest: (text: string) => string
  }
>()("bank/application/ports/Secrets") {}
