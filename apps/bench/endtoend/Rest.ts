/** The bank over REST. */
import type { Answer, Mix, Transfer } from "../Mix.ts"
import { decimal, type Edge, headersOf } from "./Edge.ts"
import { type HttpAnswer, type HttpConnection, openHttp, requestText } from "./Http.ts"
import type { Client, Clients } from "./Load.ts"

const jsonHeadersOf = (edge: Edge) => ({ ...headersOf(edge), "content-type": "application/json" })

const transferText = (edge: Edge, { key, from, to, minor }: Transfer): string => {
  const body = `{"from":"${from}","to":"${to}","amount":{"amount":"${decimal(minor)}","currency":"USD"}}`
  return requestText("POST", "/v1/transfers", { ...jsonHeadersOf(edge), "idempotency-key": key }, body)
}

const answerOf = ({ status, body }: HttpAnswer): Answer => {
  const [, transactionId] = /^\{"id":"(txn_\w+)","kind":"transfer"/u.exec(body) ?? []
  if (status === 201 && transactionId !== undefined) return { transactionId }
  return { refused: body.includes('"code":"insufficient_funds"') ? "InsufficientFunds" : `${status} ${body}` }
}

/** So many clients, each on a connection of its own. */
export const restClients = async (
  edge: Edge,
  count: number,
  clientOf: (http: HttpConnection) => Client
): Promise<Clients> => {
  const connections = await Promise.all(Array.from({ length: count }, () => openHttp(edge.port)))
  return {
    clients: connections.map(clientOf),
    end: () => {
      for (const http of connections) http.end()
    }
  }
}

/** Asks whether the process is alive. */
export const restEmpty = (edge: Edge) => (count: number) => {
  const text = requestText("GET", "/healthz", {})
  return restClients(edge, count, (http) => async () => {
    const { status, body } = await http.send(text)
    if (status !== 200) throw new Error(`the health was answered ${status} ${body}`)
    return 1
  })
}

/** Moves money. */
export const restTransfers = (edge: Edge, requests: Mix) => (count: number) =>
  restClients(edge, count, (http) => async () => {
    const asked = requests.next()
    const answer = answerOf(await http.send(transferText(edge, asked.transfer)))
    return requests.isNewTransfer(asked, answer) ? 1 : 0
  })

/** Reads what a path says; `isRight` judges the body. */
export const restReads =
  (edge: Edge, path: () => string, isRight: (body: string) => boolean) =>
  (count: number): Promise<Clients> =>
    restClients(edge, count, (http) => async () => {
      const { status, body } = await http.send(requestText("GET", path(), headersOf(edge)))
      if (status !== 200 || !isRight(body)) throw new Error(`a read was answered ${status} ${body}`)
      return 1
    })

/** Opens accounts with funds, `atOnce` of them at a time, and answers their ids. */
export const restAccounts = async (edge: Edge, count: number, fundsMinor: bigint, atOnce: number) => {
  const ids: Array<string> = []
  let next = 0
  const post = async (http: HttpConnection, path: string, key: string, body: string): Promise<string> => {
    const answer = await http.send(requestText("POST", path, { ...jsonHeadersOf(edge), "idempotency-key": key }, body))
    if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status} ${answer.body}`)
    return answer.body
  }
  const { clients, end } = await restClients(edge, Math.min(atOnce, count), (http) => async () => {
    for (let n = next++; n < count; n = next++) {
      const opened = await post(http, "/v1/accounts", `open-${n}`, '{"product":"checking","currency":"USD"}')
      const [, id = ""] = /^\{"id":"(acc_\w+)"/u.exec(opened) ?? []
      const amount = `{"amount":{"amount":"${decimal(fundsMinor)}","currency":"USD"}}`
      await post(http, `/v1/accounts/${id}/deposits`, `fund-${n}`, amount)
      ids.push(id)
    }
    return 1
  })
  await Promise.all(clients.map((client) => client()))
  await end()
  return ids
}
