import assert from "node:assert/strict"
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, before, beforeEach, describe, test } from "node:test"
import { Effect, Exit, Layer, ManagedRuntime } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { FieldCipher as Cipher, DataKeyStore, KeyManagement, KeysUnavailable } from "../../application/ports/Crypto.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { dataKeyStoreLayer } from "../memory/index.ts"
import { rewrapAll } from "./FieldCipher.ts"
import { addMasterKey } from "./FileKeyManagement.ts"
import { FieldCipher, FileKeyManagement } from "./index.ts"

const bank = TenantId.make("bank")
const other = TenantId.make("other")

let folder = ""
let file = ""
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bank-crypto-"))
})
beforeEach(() => {
  file = join(folder, crypto.randomUUID(), "master-keys")
})
after(() => rm(folder, { recursive: true, force: true }))

const withKeys = (path: string, store: Layer.Layer<DataKeyStore> = dataKeyStoreLayer) =>
  Layer.provideMerge(FieldCipher.layer, Layer.merge(store, FileKeyManagement.layer({ file: path })))

/** One store that several ciphers share, as processes do. */
const shared = async (): Promise<Layer.Layer<DataKeyStore>> => {
  const store = await Effect.runPromise(
    Effect.provide(
      Effect.map(DataKeyStore, (kept) => kept),
      dataKeyStoreLayer
    )
  )
  return Layer.succeed(DataKeyStore, store)
}

const dies = async (effect: Effect.Effect<unknown, unknown>): Promise<void> => {
  const exit = await Effect.runPromiseExit(effect)
  assert.ok(Exit.isFailure(exit) && exit.cause.reasons.every(({ _tag }) => _tag === "Die"), String(exit))
}

const bytes = fc.uint8Array({ maxLength: 500 })

describe("sealed fields", () => {
  test("a value opens in its own place of its own tenant, and nowhere else", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    await fc.assert(
      fc.asyncProperty(bytes, fc.string(), fc.string(), async (plain, place, elsewhere) => {
        const sealed = await runtime.runPromise(cipher.encrypt(bank, place, plain))
        assert.deepEqual([...(await runtime.runPromise(cipher.decrypt(bank, place, sealed)))], [...plain])
        await dies(cipher.decrypt(other, place, sealed))
        if (elsewhere !== place) await dies(cipher.decrypt(bank, elsewhere, sealed))
      }),
      { numRuns: 100 }
    )
    await runtime.dispose()
  })

  test("a value that was altered in any bit, or cut, does not open", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const sealed = await runtime.runPromise(cipher.encrypt(bank, "place", Buffer.from("Ada Lovelace")))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed)
      const at = bit >> 3
      altered[at] = (altered[at] ?? 0) ^ (1 << (bit & 7))
      await dies(cipher.decrypt(bank, "place", altered))
    }
    for (const length of [0, 4, 5, 32, sealed.length - 1])
      await dies(cipher.decrypt(bank, "place", sealed.subarray(0, length)))
    await runtime.dispose()
  })

  test("no two values have a nonce in common", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const nonces = new Set<string>()
    for (let count = 0; count < 10_000; count++) {
      const sealed = await runtime.runPromise(cipher.encrypt(bank, "place", new Uint8Array(1)))
      nonces.add(Buffer.from(sealed.subarray(5, 17)).toString("hex"))
    }
    assert.equal(nonces.size, 10_000)
    await runtime.dispose()
  })

  test("blind indexes agree for equal texts of one tenant and purpose only", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const index = async (tenant: TenantId, purpose: string, text: string): Promise<string> =>
      Buffer.from(await runtime.runPromise(cipher.blindIndex(tenant, purpose, text))).toString("hex")
    const own = await index(bank, "email", "ada@example.com")
    assert.equal(await index(bank, "email", "ada@example.com"), own)
    const others = [
      await index(other, "email", "ada@example.com"),
      await index(bank, "phone", "ada@example.com"),
      await index(bank, "email", "ada@example.co"),
      await index(bank, "emaila", "da@example.com")
    ]
    assert.equal(new Set([own, ...others]).size, 5)
    await runtime.dispose()
  })

  test("after a rotation new values have the new key, old ones still open, and another process follows", async () => {
    const store = await shared()
    const first = ManagedRuntime.make(withKeys(file, store))
    const second = ManagedRuntime.make(withKeys(file, store))
    const [one, two] = [await first.runPromise(Cipher), await second.runPromise(Cipher)]
    const old = await first.runPromise(one.encrypt(bank, "place", Buffer.from("old")))
    await second.runPromise(two.decrypt(bank, "place", old))
    await first.runPromise(one.rotate(bank))
    const fresh = await first.runPromise(one.encrypt(bank, "place", Buffer.from("new")))
    assert.deepEqual([old[4], fresh[4]], [1, 2])
    for (const sealed of [old, fresh]) await second.runPromise(two.decrypt(bank, "place", sealed))
    await Promise.all([first.dispose(), second.dispose()])
  })

  test("every value opens however many rotations came after it", async () => {
    const runtime = ManagedRuntime.make(withKeys(file))
    const cipher = await runtime.runPromise(Cipher)
    const steps = fc.array(fc.oneof(fc.constant("rotate" as const), bytes), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(steps, async (each) => {
        const sealed: Array<readonly [Uint8Array, Uint8Array]> = []
        for (const step of each) {
          if (step === "rotate") await runtime.runPromise(cipher.rotate(bank))
          else sealed.push([step, await runtime.runPromise(cipher.encrypt(bank, "place", step))])
        }
        for (const [plain, value] of sealed)
          assert.deepEqual([...(await runtime.runPromise(cipher.decrypt(bank, "place", value)))], [...plain])
      }),
      { numRuns: 25 }
    )
    await runtime.dispose()
  })

  test("of many processes that make a tenant's first keys at once all end with the same", async () => {
    const store = await shared()
    const runtimes = Array.from({ length: 8 }, () => ManagedRuntime.make(withKeys(file, store)))
    const ciphers = await Promise.all(runtimes.map((runtime) => runtime.runPromise(Cipher)))
    const sealed = await Promise.all(
      ciphers.map((cipher) => Effect.runPromise(cipher.encrypt(bank, "p", Buffer.of(7))))
    )
    for (const cipher of ciphers)
      for (const each of sealed) assert.deepEqual([...(await Effect.runPromise(cipher.decrypt(bank, "p", each)))], [7])
    await Promise.all(runtimes.map((runtime) => runtime.dispose()))
  })

  test("everything opens after the master key was replaced and the data keys were wrapped anew", async () => {
    const store = await shared()
    const first = ManagedRuntime.make(withKeys(file, store))
    const sealed = await first.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.encrypt(bank, "p", Buffer.of(7))))
    await Effect.runPromise(addMasterKey(file))
    const second = ManagedRuntime.make(withKeys(file, store))
    assert.equal(await second.runPromise(rewrapAll(bank)), 2)
    assert.equal(await second.runPromise(rewrapAll(bank)), 0)
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "")
    await writeFile(file, String(lines.at(-1)))
    const third = ManagedRuntime.make(withKeys(file, store))
    const plain = await third.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.decrypt(bank, "p", sealed)))
    assert.deepEqual([...plain], [7])
    await Promise.all([first.dispose(), second.dispose(), third.dispose()])
  })

  test("a process that began before the new master key finds it in the file", async () => {
    const store = await shared()
    const [before, after] = [ManagedRuntime.make(withKeys(file, store)), ManagedRuntime.make(withKeys(file, store))]
    const sealed = await before.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.encrypt(bank, "p", Buffer.of(7))))
    await before.dispose()
    await after.runPromise(Effect.void)
    await Effect.runPromise(addMasterKey(file))
    await Effect.runPromise(Effect.provide(rewrapAll(bank), withKeys(file, store)))
    const plain = await after.runPromise(Effect.flatMap(Cipher, (cipher) => cipher.decrypt(bank, "p", sealed)))
    assert.deepEqual([...plain], [7])
    await after.dispose()
  })
})

/** The memory store and a key management that wraps by adding the context, with what was asked of it. */
const counted = () => {
  const asked: Array<string> = []
  let isDown = false
  const answer = <A>(what: string, make: () => A): Effect.Effect<A, KeysUnavailable> =>
    Effect.andThen(
      Effect.yieldNow,
      Effect.suspend(() => {
        asked.push(what)
        return isDown ? Effect.fail(new KeysUnavailable({ reason: "down" })) : Effect.sync(make)
      })
    )
  const kms = KeyManagement.of({
    keyId: "counted",
    generate: (context) =>
      answer(`generate ${context}`, () => {
        const plain = crypto.getRandomValues(new Uint8Array(32))
        return { plain, wrapped: plain }
      }),
    wrap: (plain) => answer("wrap", () => plain),
    unwrap: (wrapped, context) => answer(`unwrap ${context}`, () => wrapped)
  })
  return {
    asked,
    goDown: (value: boolean) => {
      isDown = value
    },
    layer: Layer.succeed(KeyManagement, kms)
  }
}

describe("data keys in memory", () => {
  const firstKeys = ["generate bank/field/1", "generate bank/index/1", "unwrap bank/field/1", "unwrap bank/index/1"]

  test("are asked for once, however many need them at the same time", async () => {
    const { asked, layer } = counted()
    const work = Effect.flatMap(Cipher, (cipher) =>
      Effect.forEach(
        Array.from({ length: 200 }, (_, index) => String(index)),
        (place) => cipher.encrypt(bank, place, Buffer.of(7)),
        { concurrency: "unbounded" }
      )
    )
    const layers = FieldCipher.layer.pipe(Layer.provide(Layer.merge(dataKeyStoreLayer, layer)))
    await Effect.runPromise(Effect.provide(work, layers))
    assert.deepEqual(asked, firstKeys)
  })

  test("of a key management that was down are asked for again by the next that needs them", async () => {
    const { goDown, layer } = counted()
    const layers = FieldCipher.layer.pipe(Layer.provide(Layer.merge(dataKeyStoreLayer, layer)))
    const work = Effect.gen(function* () {
      const cipher = yield* Cipher
      const encrypted = Effect.exit(cipher.encrypt(bank, "p", Buffer.of(7)))
      goDown(true)
      assert.match(String(yield* encrypted), /KeysUnavailable/u)
      goDown(false)
      assert.ok(Exit.isSuccess(yield* encrypted))
    })
    await Effect.runPromise(Effect.provide(work, layers))
  })

  test("are read again after ten minutes, so that a process that only writes follows a rotation of another", async () => {
    const store = await shared()
    const { layer } = counted()
    const layers = FieldCipher.layer.pipe(Layer.provide(Layer.merge(store, layer)))
    const own = Effect.map(Cipher, (cipher) => cipher)
    const work = Effect.gen(function* () {
      const [one, two] = [
        yield* Effect.provide(own, layers, { local: true }),
        yield* Effect.provide(own, layers, { local: true })
      ]
      const numberOf = Effect.map(two.encrypt(bank, "p", Buffer.of(7)), (sealed) => sealed[4])
      assert.equal(yield* numberOf, 1)
      yield* one.rotate(bank)
      assert.equal(yield* numberOf, 1)
      yield* TestClock.adjust("10 minutes")
      assert.equal(yield* numberOf, 2)
    })
    await Effect.runPromise(Effect.provide(work, TestClock.layer()))
  })
})

const built = (layer: Layer.Layer<KeyManagement, unknown>) =>
  Effect.runPromiseExit(Effect.scoped(Effect.provide(KeyManagement, layer)))

describe("master keys in a file", () => {
  test("are made once, for their owner alone, however many start at once", async () => {
    const exits = await Promise.all(Array.from({ length: 8 }, () => built(FileKeyManagement.layer({ file }))))
    const ids = exits.map((exit) => (Exit.isSuccess(exit) ? exit.value.keyId : String(exit)))
    assert.equal(new Set(ids).size, 1)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  test("are refused where others may read them, or where a line is none", async () => {
    await built(FileKeyManagement.layer({ file }))
    await chmod(file, 0o644)
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /others may read it/u)
    await chmod(file, 0o600)
    await writeFile(file, "mk-1:abc\n")
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /line 1 is not name/u)
    const line = `mk-1:${"0".repeat(64)}\n`
    await writeFile(file, `${line}${line}`)
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /line 2 names a key as another/u)
    await writeFile(file, "")
    assert.match(String(await built(FileKeyManagement.layer({ file }))), /it has no key/u)
  })

  test("that were added wrap, also behind a last line that is not ended, and those before them still unwrap", async () => {
    await mkdir(dirname(file))
    await writeFile(file, `mk-1:${"0".repeat(64)}`, { mode: 0o600 })
    const old = await built(FileKeyManagement.layer({ file }))
    await Effect.runPromise(addMasterKey(file))
    const present = await built(FileKeyManagement.layer({ file }))
    assert.ok(Exit.isSuccess(old) && Exit.isSuccess(present))
    assert.equal(old.value.keyId, "mk-1")
    assert.notEqual(present.value.keyId, "mk-1")
    const { plain, wrapped } = await Effect.runPromise(old.value.generate("c"))
    assert.deepEqual(await Effect.runPromise(present.value.unwrap(wrapped, "c")), plain)
  })

  test("unwrap in the context that they wrapped in, and in no other", async () => {
    const outcome = await Effect.runPromise(
      Effect.gen(function* () {
        const kms = yield* KeyManagement
        const { plain, wrapped } = yield* kms.generate("bank/field/1")
        assert.deepEqual([...(yield* kms.unwrap(wrapped, "bank/field/1"))], [...plain])
        return yield* Effect.exit(kms.unwrap(wrapped, "bank/field/2"))
      }).pipe(Effect.provide(FileKeyManagement.layer({ file })))
    )
    assert.match(String(outcome), /KeysUnavailable/u)
  })
})
