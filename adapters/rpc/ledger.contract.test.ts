import { Effect, Layer } from "effect"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { ledgerContract } from "../contract/index.ts"
import { layer as idsLayer } from "../ids/index.ts"
import { ledgerLayer as memoryLedger } from "../memory/index.ts"
import { LedgerClient, ledgerService, serve } from "./index.ts"
import { authenticatorLayer, termsLayer, token } from "./testing.fixture.ts"

// The client's port is all that the suite sees as `Ledger`; the server's own stays inside.
const overRpc = Layer.unwrap(
  Effect.map(serve([ledgerService], { host: "127.0.0.1", port: 0 }), ({ port }) =>
    LedgerClient.layer({ baseUrl: `http://127.0.0.1:${port}`, token })
  )
)

const served = Layer.effect(LedgerAudit, LedgerAudit).pipe(
  Layer.merge(overRpc),
  Layer.provide(Layer.mergeAll(Layer.provide(memoryLedger, idsLayer), authenticatorLayer, termsLayer))
)

ledgerContract("the RPC client", () => served)
