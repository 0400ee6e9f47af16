/** An edge of the bank, and how what is sent there is written. */

/** Where the edge is, and the token that it takes. */
export interface Edge {
  readonly port: number
  readonly token: string
}

/** The header that says who asks. */
export const headersOf = ({ token }: Edge) => ({ authorization: `Bearer ${token}` })

/** An amount in cents as the wire writes it. */
export const decimal = (minor: bigint): string => `${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`
