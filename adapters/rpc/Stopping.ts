/** That the server stops: carried to every implementation, so that answers without an end of their own come to one. */
import { Code, ConnectError, type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect"

const never = new AbortController().signal

const stoppingKey = createContextKey<AbortSignal>(never, { description: "bank stopping" })

/** What a request carries on a server whose stop aborts the signal. */
export const stoppingBy = (signal: AbortSignal): ContextValues => createContextValues().set(stoppingKey, signal)

/** Aborted as soon as the server stops taking requests, before the grace for those that it took. */
export const stoppingOf = ({ values }: { readonly values: ContextValues }): AbortSignal => values.get(stoppingKey)

/** What the client of an answer without end is told. */
export const stopped = new ConnectError("the server stops", Code.Unavailable)
