import assert from "node:assert/strict"
import { test } from "node:test"
import { recent } from "./Recent.ts"

test("beyond its bound what was used longest ago is forgotten", () => {
  const { get, set, forget } = recent<number>(3)
  for (const [n, name] of ["a", "b", "c"].entries()) set(name, n)
  assert.equal(get("a"), 0)
  set("d", 3)
  assert.deepEqual(["a", "b", "c", "d"].map(get), [0, undefined, 2, 3])
  set("a", 9)
  forget("c")
  set("e", 4)
  assert.deepEqual(["a", "c", "d", "e"].map(get), [9, undefined, 3, 4])
  for (let n = 0; n < 1000; n++) set(`${n}`, n)
  assert.deepEqual(["a", "996", "997", "998", "999"].map(get), [undefined, undefined, 997, 998, 999])
})
