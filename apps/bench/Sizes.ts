/** How large what was stored is, on disk and in memory. */
import type { Server } from "./Server.ts"

const text = `select c.relname name, c.relkind::text kind, pg_relation_size(c.oid)::text bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'ledger' and c.relkind in ('r', 'i')
  order by pg_relation_size(c.oid) desc, c.relname`

/** Such as "12.3 MB"; a megabyte is 1,000,000 bytes. */
export const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} MB`

/** A markdown table of the ledger's tables and indexes, the largest first. */
export const relationSizes = async (server: Server): Promise<string> => {
  const rows = await server.run(text)
  const lines = rows.map(
    ({ name = "", kind, bytes }) => `| ${name} | ${kind === "r" ? "table" : "index"} | ${megabytes(Number(bytes))} |`
  )
  return ["| relation | kind | size |", "| --- | --- | ---: |", ...lines].join("\n")
}
