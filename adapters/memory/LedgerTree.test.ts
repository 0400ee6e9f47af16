import { Layer } from "effect"
import { proofContract } from "../contract/index.ts"
import { idsForTests } from "./ids.fixture.ts"
import { ledgerLayer } from "./index.ts"

proofContract("memory", Layer.provide(ledgerLayer, idsForTests))
