import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { makeWorkplace } from "./Workplace.ts"

test("who leaves a workplace does what was put off, the last first, and all of it even where some fails", async () => {
  const place = makeWorkplace()
  const done: Array<string> = []
  place.putOff(async () => done.push("first"))
  place.putOff(() => Promise.reject(new Error("stuck")))
  place.putOff(async () => done.push("last"))
  await assert.rejects(place.leave(), /stuck/u)
  assert.deepEqual(done, ["last", "first"])
  await place.leave()
  assert.deepEqual(done, ["last", "first"])
})

test("what is put off after that is done at once", async () => {
  const place = makeWorkplace()
  await place.leave()
  await new Promise<void>((resolve) => place.putOff(async () => resolve()))
})

test("a folder is there until then", async () => {
  const place = makeWorkplace()
  const folder = await place.folder()
  assert.ok(existsSync(folder))
  await place.leave()
  assert.ok(!existsSync(folder))
})
