import { Layer } from "effect"
import { ledgerContract } from "../contract/index.ts"
import { idsForTests } from "./ids.fixture.ts"
import { ledgerLayer } from "./index.ts"

ledgerContract("memory", () => Layer.provide(ledgerLayer, idsForTests))
