import { stat } from "node:fs/promises"
import { Effect } from "effect"
import { type Account, run } from "./Command.ts"
import { NoUnprivilegedAccount } from "./errors.ts"

/** Users that PostgreSQL may run as when the bank is root, best first. */
const candidates: ReadonlyArray<string> = ["postgres", "nobody"]

/** True when this process is root (never on Windows, where PostgreSQL drops privileges by itself). */
export const isRoot = (): boolean => process.getuid?.() === 0

const idOf = (flag: "-u" | "-g", name: string): Effect.Effect<number | undefined> =>
  Effect.map(run("id", [flag, name]), ({ code, stdout }) => (code === 0 ? Number(stdout.trim()) : undefined))

/** Finds the user by name and proves that a program can run as it: inside a user namespace it may not. */
const usable = (name: string): Effect.Effect<Account | undefined> =>
  Effect.gen(function* () {
    const [uid, gid] = yield* Effect.all([idOf("-u", name), idOf("-g", name)], { concurrency: 2 })
    if (uid === undefined || gid === undefined || uid === 0) return undefined
    const account: Account = { name, uid, gid }
    const proof = yield* run("id", ["-u"], account)
    return proof.code === 0 && Number(proof.stdout.trim()) === uid ? account : undefined
  })

/**
 * The user that runs PostgreSQL, or undefined when this process itself may: it is not root. The owner of an existing
 * cluster comes first, because PostgreSQL starts only for the owner; then `requested`, else `postgres`, else `nobody`.
 */
export const resolve = (
  clusterDir: string,
  requested?: string
): Effect.Effect<Account | undefined, NoUnprivilegedAccount> =>
  Effect.gen(function* () {
    if (!isRoot()) return undefined
    const owner = yield* Effect.promise(() => stat(clusterDir).catch(() => undefined))
    if (owner && owner.uid !== 0) return { name: `with id ${owner.uid}`, uid: owner.uid, gid: owner.gid }
    const names = requested === undefined ? candidates : [requested]
    for (const name of names) {
      const account = yield* usable(name)
      if (account) return account
    }
    return yield* new NoUnprivilegedAccount({ tried: names })
  })
