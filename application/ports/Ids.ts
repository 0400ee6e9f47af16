import { Context } from "effect"

/**
 * Makes ids: 16 bytes of a UUIDv7 for a time in epoch milliseconds, each greater than the one before in the same
 * process. Randomness enters the core only here.
 */
export class Ids extends Context.Service<Ids, { readonly next: (millis: number) => Uint8Array }>()(
  "bank/application/ports/Ids"
) {}
