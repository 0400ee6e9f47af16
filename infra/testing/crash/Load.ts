import type { BankProcess } from "./BankProcess.ts"

/** A transfer as it was asked for: the same text every time it is sent. */
export interface Asked {
  readonly key: string
  readonly body: string
}

/** What became of it: the answer's status and text, or nothing where the connection broke first. */
export interface Answered extends Asked {
  readonly status: number
  readonly text: string
}

const post = async (bank: BankProcess, path: string, key: string, body: string): Promise<Response> =>
  fetch(`${bank.restUrl}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${bank.token}`, "content-type": "application/json", "idempotency-key": key },
    body
  })

const get = async (bank: BankProcess, path: string): Promise<unknown> => {
  const answer = await fetch(`${bank.restUrl}${path}`, { headers: { authorization: `Bearer ${bank.token}` } })
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

/** Opens accounts with 1,000.00 USD each. */
export const openAccounts = async (bank: BankProcess, count: number): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for (let index = 0; index < count; index++) {
    const opened = await post(bank, "/v1/accounts", `open-${index}`, '{"product":"checking","currency":"USD"}')
    const id = String(field(await opened.json(), "id"))
    const paid = await post(
      bank,
      `/v1/accounts/${id}/deposits`,
      `fund-${index}`,
      '{"amount":{"amount":"1000.00","currency":"USD"}}'
    )
    if (opened.status !== 201 || paid.status !== 201) throw new Error(`opening failed: ${opened.status} ${paid.status}`)
    ids.push(id)
  }
  return ids
}

/** Sends the request until it gets an answer that decides it (2xx or 4xx), at most `tries` times. */
export const send = async (bank: BankProcess, asked: Asked, tries = 1): Promise<Answered | undefined> => {
  for (let attempt = 0; attempt < tries; attempt++) {
    const answer = await post(bank, "/v1/transfers", asked.key, asked.body).catch(() => undefined)
    const text = await answer?.text().catch(() => undefined)
    if (answer !== undefined && text !== undefined && answer.status < 500 && answer.status !== 429)
      return { ...asked, status: answer.status, text }
    if (tries > 1) await Bun.sleep(100)
  }
  return undefined
}

/** Transfers of random amounts between random accounts; some ask for more than there is. */
export const transfers = (ids: ReadonlyArray<string>, random: () => number, name: string) => {
  let next = 0
  return (): Asked => {
    const from = Math.floor(random() * ids.length)
    const to = (from + 1 + Math.floor(random() * (ids.length - 1))) % ids.length
    const cents = Math.floor(random() * 40_000) + 1
    const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`
    const body = JSON.stringify({ from: ids[from], to: ids[to], amount: { amount, currency: "USD" } })
    return { key: `${name}-${next++}`, body }
  }
}

/** Every transaction id in the histories of the accounts, with how many entries it has there, and the posted total. */
export const histories = async (bank: BankProcess, ids: ReadonlyArray<string>) => {
  const entries = new Map<string, number>()
  let cents = 0n
  for (const id of ids) {
    const posted = field(field(field(await get(bank, `/v1/accounts/${id}`), "balances"), "posted"), "amount")
    cents += BigInt(String(posted).replace(".", ""))
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page = await get(
        bank,
        `/v1/accounts/${id}/transactions?limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`
      )
      const items = field(page, "items")
      for (const item of Array.isArray(items) ? items : []) {
        const transaction = String(field(item, "transactionId"))
        if (field(item, "kind") === "transfer") entries.set(transaction, (entries.get(transaction) ?? 0) + 1)
      }
      const next = field(page, "nextCursor")
      cursor = typeof next === "string" ? encodeURIComponent(next) : undefined
    }
  }
  return { entries, cents }
}

/** The transaction id of an accepted transfer's answer. */
export const transactionOf = (answered: Answered): string => String(field(JSON.parse(answered.text), "id"))
