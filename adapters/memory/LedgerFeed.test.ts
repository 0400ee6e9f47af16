import { Layer } from "effect"
import { feedContract } from "../contract/index.ts"
import { idsForTests } from "./ids.fixture.ts"
import { ledgerLayer } from "./index.ts"

feedContract("memory", Layer.provide(ledgerLayer, idsForTests))
