import { request } from "node:http"
import type { Service } from "./Service.ts"

const pingMs = 2000
/** A first run may have to fetch the image. */
const startMs = 180_000

/** True when a Docker engine answers on the socket. */
const engineAnswers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: pingMs }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.on("timeout", () => ping.destroy(new Error("no answer")))
    ping.on("error", () => resolve(false))
    ping.end()
  })

const socketPath = (): string => {
  const host = process.env.DOCKER_HOST ?? ""
  return host.startsWith("unix://") ? host.slice("unix://".length) : "/var/run/docker.sock"
}

/** Starts a container with one published port, or says why there can be none. `url` is given the host and port. */
export const startContainer = async (container: {
  readonly image: string
  readonly port: number
  readonly environment: Record<string, string>
  /** A regular expression for the line that tells that the service is ready, and how often it appears. */
  readonly ready: readonly [RegExp, number]
  url(host: string, port: number): string
}): Promise<Omit<Service, "source"> | string> => {
  if (!(await engineAnswers(socketPath()))) return `no Docker engine answers on ${socketPath()}`
  // testcontainers 12 does not load on Node 20.
  if (!("Bun" in globalThis)) return "testcontainers needs Bun here"
  // Ryuk, the container that cleans up after tests, needs an image and a mounted socket of its own; we stop ours.
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true"
  const { GenericContainer, Wait } = await import("testcontainers")
  const started = await new GenericContainer(container.image)
    .withEnvironment(container.environment)
    .withExposedPorts(container.port)
    .withWaitStrategy(Wait.forLogMessage(...container.ready))
    .withStartupTimeout(startMs)
    .start()
  const stop = async () => {
    await started.stop()
  }
  return {
    url: container.url(started.getHost(), started.getMappedPort(container.port)),
    stop,
    stopNow: () => void stop()
  }
}
