import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { Duration, Effect, Fiber, Result } from "effect"
import { PasswordHasher as Hasher, BreachedPasswords as Port } from "../../application/ports/Crypto.ts"
import { BreachedPasswords, PasswordHasher } from "./index.ts"

const weak = { memoryKiB: 64, passes: 1, concurrencyMax: 2, waitingMax: 3 }

const hashing = <A, E>(work: (hasher: Hasher["Service"]) => Effect.Effect<A, E>, options = weak): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.flatMap(Hasher, work), PasswordHasher.layer(options)))

describe("hashing passwords", () => {
  test("a password verifies against its own Argon2id hash, and another does not", () =>
    hashing((hasher) =>
      Effect.gen(function* () {
        const hash = yield* hasher.hash("correct horse battery")
        assert.match(hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/u)
        assert.equal(yield* hasher.verify("correct horse battery", hash), "right")
        assert.equal(yield* hasher.verify("correct horse batterz", hash), "wrong")
        assert.notEqual(yield* hasher.hash("correct horse battery"), hash)
      })
    ))

  test("a hash by weaker parameters is right and stale", async () => {
    const hash = await hashing((hasher) => hasher.hash("correct horse battery"))
    const strong = { ...weak, memoryKiB: 128 }
    assert.equal(await hashing((hasher) => hasher.verify("correct horse battery", hash), strong), "stale")
    assert.equal(await hashing((hasher) => hasher.verify("wrong", hash), strong), "wrong")
  })

  test("nobody's password is wrong, after as much work", () =>
    hashing((hasher) => Effect.map(hasher.verify("anything", undefined), (verdict) => assert.equal(verdict, "wrong"))))

  test("of more than are taken the rest is told to come again, and nobody else is", async () => {
    const results = await hashing((hasher) =>
      Effect.all(
        Array.from({ length: 20 }, () => Effect.result(hasher.hash("correct horse battery"))),
        { concurrency: "unbounded" }
      )
    )
    const failures = results.filter(Result.isFailure)
    assert.equal(failures.length, 20 - weak.concurrencyMax - weak.waitingMax)
    assert.ok(failures.every(({ failure }) => failure._tag === "HashingOverloaded"))
  })

  test("who gives up while its password is hashed keeps its place until that is done", () =>
    hashing(
      (hasher) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(hasher.hash("correct horse battery"), { startImmediately: true })
          const given = yield* Effect.forkChild(Fiber.interrupt(first), { startImmediately: true })
          assert.ok(Result.isFailure(yield* Effect.result(hasher.hash("correct horse battery"))))
          yield* Fiber.join(given)
          assert.ok(Result.isSuccess(yield* Effect.result(hasher.hash("correct horse battery"))))
        }),
      { ...weak, concurrencyMax: 1, waitingMax: 0 }
    ))

  test("nobody's password takes about as long as a wrong one", () =>
    hashing(
      (hasher) =>
        Effect.gen(function* () {
          const hash = yield* hasher.hash("correct horse battery")
          const took = (against: string | undefined) =>
            Effect.map(
              Effect.forEach([1, 2, 3, 4, 5], () => Effect.timed(hasher.verify("wrong", against))),
              (runs) => Math.min(...runs.map(([duration]) => Duration.toMillis(duration)))
            )
          const [known, unknown] = [yield* took(hash), yield* took(undefined)]
          // A missing hash that was not worked on would take thousandths of it.
          assert.ok(unknown > known / 4, `${unknown} ms and ${known} ms`)
        }),
      { ...weak, memoryKiB: 19_456, passes: 2 }
    ))
})

describe("breached passwords", () => {
  let folder = ""
  let file = ""
  const listed = Array.from({ length: 2000 }, (_, index) => `listed password ${index}`)
  const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex").toUpperCase()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bank-breached-"))
    file = join(folder, "sha1.txt")
    const lines = listed.map((each, index) => `${sha1(each)}:${index * 7919}`).sort()
    await writeFile(file, `${lines.join("\r\n")}\r\n`)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const has = (passwords: ReadonlyArray<string>, options: { readonly file?: string } = {}) =>
    Effect.runPromise(
      Effect.scoped(
        Effect.provide(
          Effect.flatMap(Port, (known) => Effect.forEach(passwords, known.has)),
          BreachedPasswords.layer(options)
        )
      )
    )

  test("those of the built-in list are known, however they are written", async () =>
    assert.deepEqual(await has(["password123", "PassWord123", " password123 ", "mountain otter 47 umbrella"]), [
      true,
      true,
      true,
      false
    ]))

  test("every line of the file is found, the first and the last too", async () => {
    assert.ok((await has(listed, { file })).every((each) => each))
  })

  test("what is not in the file is not found", async () => {
    const others = Array.from({ length: 500 }, (_, index) => `another phrase ${index}`)
    assert.ok((await has(others, { file })).every((each) => !each))
  })

  test("a file of one line, and of lines without carriage returns in lower case, is searched as well", async () => {
    const path = join(folder, "few.txt")
    await writeFile(path, `${sha1("only one")}:3`)
    assert.deepEqual(await has(["only one", "not that one"], { file: path }), [true, false])
    const lines = listed.map((each) => `${sha1(each).toLowerCase()}:1`).sort()
    await writeFile(path, `${lines.join("\n")}\n`)
    assert.ok((await has(listed.slice(0, 200), { file: path })).every((each) => each))
  })

  test("a file that is not there, or of another form, is refused at the start", async () => {
    const path = join(folder, "ntlm.txt")
    await writeFile(path, `${"A".repeat(32)}:3\r\n`)
    await assert.rejects(has([], { file: path }), /its first line is not SHA-1:count/u)
    await assert.rejects(has([], { file: join(folder, "none.txt") }), /ENOENT/u)
  })
})
