import { Schema } from "effect"

/** The caller is no customer, so that it has to be said whose delegations are meant. */
export class CustomerRequired extends Schema.TaggedError<CustomerRequired>()("CustomerRequired", {}) {}
