import { findPostgres } from "./PostgresService.ts"
import { findRedis } from "./RedisService.ts"
import { share } from "./Service.ts"

export { findPostgres } from "./PostgresService.ts"
export { findRedis } from "./RedisService.ts"
export type { Service } from "./Service.ts"

/** The PostgreSQL of this process's test files. */
export const sharedPostgres = share(findPostgres)

/** The Redis of this process's test files. */
export const sharedRedis = share(findRedis)
