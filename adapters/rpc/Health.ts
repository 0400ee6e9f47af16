/** `grpc.health.v1.Health`: whether the server, and each of its services, takes requests. */
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect"
import {
  type HealthCheckRequest,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status
} from "../../proto/gen/grpc/health/v1/health_pb.ts"

/** The health of a server. */
export interface Health {
  readonly register: (router: ConnectRouter) => void
  /** Says whether requests are taken; watchers are told of a change. */
  readonly setServing: (serving: boolean) => void
  /** Says for good that none are taken, and lets the watchers go. */
  readonly stop: () => void
}

/** The health of a server with these services, by full name; it serves until told otherwise. */
export const makeHealth = (services: ReadonlyArray<string>): Health => {
  const known = new Set(["", ...services])
  const wakers = new Set<() => void>()
  let serving = true
  let stopped = false

  const statusOf = (service: string): Status => {
    if (!known.has(service)) return Status.SERVICE_UNKNOWN
    return serving && !stopped ? Status.SERVING : Status.NOT_SERVING
  }

  const wake = (): void => {
    for (const waker of wakers) waker()
    wakers.clear()
  }

  const change = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const waker = (): void => {
        wakers.delete(waker)
        signal.removeEventListener("abort", waker)
        resolve()
      }
      wakers.add(waker)
      signal.addEventListener("abort", waker)
    })

  async function* watch({ service }: HealthCheckRequest, { signal }: HandlerContext) {
    let told: Status | undefined
    while (!signal.aborted) {
      const status = statusOf(service)
      if (status !== told) {
        told = status
        yield { status }
      } else if (stopped) return
      else await change(signal)
    }
  }

  return {
    register: (router) => {
      router.service(HealthService, {
        check: ({ service }) => {
          if (!known.has(service)) throw new ConnectError("unknown service", Code.NotFound)
          return { status: statusOf(service) }
        },
        watch
      })
    },
    setServing: (next) => {
      serving = next
      wake()
    },
    stop: () => {
      stopped = true
      wake()
    }
  }
}
