/** Requests as Prometheus sees them. */
import { Effect, Metric } from "effect"

const requests = Metric.counter("http_requests_total", {
  description: "Requests answered, by method, route and status.",
  incremental: true
})

const seconds = Metric.histogram("http_request_duration_seconds", {
  description: "Seconds from the arrival of a request to its answer, by method and route.",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
})

/** Methods with a label of their own: a caller can invent methods, and each label costs memory for good. */
const methodsKnown: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

// Labelled metrics are kept: there are as many as methods, routes and statuses, and making one costs more than using it.
const kept = <M>(make: (attributes: Readonly<Record<string, string>>) => M) => {
  const metrics = new Map<string, M>()
  return (attributes: Readonly<Record<string, string>>): M => {
    const label = Object.values(attributes).join(" ")
    const known = metrics.get(label)
    if (known !== undefined) return known
    const metric = make(attributes)
    metrics.set(label, metric)
    return metric
  }
}

const requestsOf = kept((attributes) => Metric.withAttributes(requests, attributes))
const secondsOf = kept((attributes) => Metric.withAttributes(seconds, attributes))

/** Counts one answer. `route` is the pattern of its path, so that the number of series is bounded. */
export const countRequest = (
  method: string,
  route: string,
  status: number,
  durationMillis: number
): Effect.Effect<void> => {
  const attributes = { method: methodsKnown.has(method) ? method : "other", route }
  return Effect.andThen(
    Metric.update(requestsOf({ ...attributes, status: String(status) }), 1),
    Metric.update(secondsOf(attributes), durationMillis / 1000)
  )
}
