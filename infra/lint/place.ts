/** Where a file stands: `domain/ledger/Transfer.test.ts` is in layer `domain`, unit `domain/ledger`, and a test. */
export interface Place {
  readonly file: string
  readonly layer: string
  /** Layer and first folder; for a file directly in its layer, the layer itself. */
  readonly unit: string
  /** The unit's folder name: for domain and application, the context. */
  readonly context: string
  readonly isTest: boolean
}

/** Places a file by its path from the root, written with `/`. */
export const placeOf = (file: string): Place => {
  const [layer = "", ...rest] = file.split("/")
  const context = rest.length > 1 ? (rest[0] ?? "") : ""
  return {
    file,
    layer,
    context,
    unit: context === "" ? layer : `${layer}/${context}`,
    isTest: /(^|[./])(test|fixture)\.[cm]?[jt]sx?$/u.test(file)
  }
}
