/** The bank over REST. */
import type { Answer, Mix, Transfer } from "../Mix.ts"
import { type HttpAnswer, type HttpConnection, openHttp, requestText } from "./Http.ts"
import type { Clients } from "./Load.ts"

/** Where the edge is, and the token that it takes. */
export interface Edge {
  readonly port: number
  readonly token: string
}

/** An amount in cents as the wire writes it. */
export const decimal = (minor: bigint): string => `${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`

const headersOf = ({ token }: Edge) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" })

const transferText = (edge: Edge, { key, from, to, minor }: Transfer): string => {
  const body = `{"from":"${from}","to":"${to}","amount":{"amount":"${decimal(minor)}","currency":"USD"}}`
  return requestText("POST", "/v1/transfers", { ...headersOf(edge), "idempotency-key": key }, body)
}

const answerOf = ({ status, body }: HttpAnswer): Answer => {
  const [, transactionId] = /^\{"id":"(txn_\w+)","kind":"transfer"/u.exec(body) ?? []
  if (status === 201 && transactionId !== undefined) return { transactionId }
  return { refused: body.includes('"code":"insufficient_funds"') ? "InsufficientFunds" : `${status} ${body}` }
}

const clientsOf = async (
  edge: Edge,
  count: number,
  one: (http: HttpConnection) => Promise<boolean>
): Promise<Clients> => {
  const connections = await Promise.all(Array.from({ length: count }, () => openHttp(edge.port)))
  return {
    clients: connections.map((http) => () => one(http)),
    end: () => {
      for (const http of connections) http.end()
    }
  }
}

/** Asks whether the process is alive. */
export const restEmpty = (edge: Edge) => (count: number) => {
  const text = requestText("GET", "/healthz", {})
  return clientsOf(edge, count, async (http) => {
    const { status, body } = await http.send(text)
    if (status !== 200) throw new Error(`the health was answered ${status} ${body}`)
    return true
  })
}

/** Moves money. */
export const restTransfers = (edge: Edge, requests: Mix) => (count: number) =>
  clientsOf(edge, count, async (http) => {
    const asked = requests.next()
    return requests.isNewTransfer(asked, answerOf(await http.send(transferText(edge, asked.transfer))))
  })

/** Reads what a path says; `isRight` judges the body. */
export const restReads =
  (edge: Edge, path: () => string, isRight: (body: string) => boolean) =>
  (count: number): Promise<Clients> =>
    clientsOf(edge, count, async (http) => {
      const { status, body } = await http.send(requestText("GET", path(), headersOf(edge)))
      if (status !== 200 || !isRight(body)) throw new Error(`a read was answered ${status} ${body}`)
      return true
    })

/** Opens accounts with funds, `atOnce` of them at a time, and answers their ids. */
export const restAccounts = async (edge: Edge, count: number, fundsMinor: bigint, atOnce: number) => {
  const ids: Array<string> = []
  let next = 0
  const post = async (http: HttpConnection, path: string, key: string, body: string): Promise<string> => {
    const answer = await http.send(requestText("POST", path, { ...headersOf(edge), "idempotency-key": key }, body))
    if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status} ${answer.body}`)
    return answer.body
  }
  const { clients, end } = await clientsOf(edge, Math.min(atOnce, count), async (http) => {
    for (let n = next++; n < count; n = next++) {
      const opened = await post(http, "/v1/accounts", `open-${n}`, '{"product":"checking","currency":"USD"}')
      const [, id = ""] = /^\{"id":"(acc_\w+)"/u.exec(opened) ?? []
      const amount = `{"amount":{"amount":"${decimal(fundsMinor)}","currency":"USD"}}`
      await post(http, `/v1/accounts/${id}/deposits`, `fund-${n}`, amount)
      ids.push(id)
    }
    return true
  })
  await Promise.all(clients.map((client) => client()))
  end()
  return ids
}
