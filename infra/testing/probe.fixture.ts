// A command for with-services: uses both services, tells their URLs, then ends with a code or waits for SIGTERM.
import { createDatabase } from "./postgres.ts"
import { createKeyspace } from "./redis.ts"

const database = await createDatabase()
const keyspace = await createKeyspace()
await keyspace.drop()
await database.drop()

const told = JSON.stringify({ databaseUrl: process.env.TEST_DATABASE_URL, redisUrl: process.env.TEST_REDIS_URL })
if (process.argv[2] === "wait") {
  const alive = setInterval(() => {}, 60_000)
  process.once("SIGTERM", () => {
    clearInterval(alive)
    process.exit(43)
  })
  console.log(told)
} else {
  console.log(told)
  process.exitCode = Number(process.argv[2])
}
