import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const installMs = 300_000

const apt = (...args: ReadonlyArray<string>) =>
  spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: installMs,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  })

/** Installs a package of Debian or Ubuntu, as root only; says why it could not, in a few words. */
export const installPackage = (name: string): string | undefined => {
  if (process.getuid?.() !== 0) return `only root may install ${name}`
  if (!existsSync("/etc/debian_version")) return "this is not Debian"
  const install = () => apt("install", "-y", "--no-install-recommends", name)
  if (install().status === 0) return undefined
  apt("update")
  const { status, stderr, error } = install()
  return status === 0 ? undefined : `apt-get says "${stderr?.trim().split("\n").at(-1) ?? error?.message}"`
}
