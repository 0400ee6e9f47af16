/** An edge of an import graph, with the import that makes it. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly file: string
  readonly line: number
}

/** A cycle, named by the edge that closes it. */
export interface Cycle {
  readonly closing: Edge
  /** The nodes around, the first repeated at the end. */
  readonly path: ReadonlyArray<string>
}

/**
 * Finds a cycle for each back edge of a depth-first walk in name order: none exactly when the graph has no cycle. The
 * depth is bounded by the number of nodes.
 */
export const cyclesOf = (edges: ReadonlyArray<Edge>): ReadonlyArray<Cycle> => {
  const outgoing = new Map<string, Map<string, Edge>>()
  for (const edge of edges) {
    if (edge.from === edge.to) continue
    const targets = outgoing.get(edge.from) ?? new Map<string, Edge>()
    if (!targets.has(edge.to)) targets.set(edge.to, edge)
    outgoing.set(edge.from, targets)
  }
  const cycles: Array<Cycle> = []
  const done = new Set<string>()
  const trail: Array<string> = []
  const visit = (node: string): void => {
    trail.push(node)
    const targets = [...(outgoing.get(node) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [target, closing] of targets) {
      const start = trail.indexOf(target)
      if (start !== -1) cycles.push({ closing, path: [...trail.slice(start), target] })
      else if (!done.has(target)) visit(target)
    }
    trail.pop()
    done.add(node)
  }
  for (const node of [...outgoing.keys()].sort()) if (!done.has(node)) visit(node)
  return cycles
}
