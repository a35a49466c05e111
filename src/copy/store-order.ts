import type { Node } from '../model/descriptor.ts'
import { nodeKey, type Plan, type PlannedNode } from './plan.ts'

/** Tells which nodes of a plan may be stored: those whose needs are all stored. */
export interface StoreOrder {
  /** What needs nothing, large before small: the longest job begun last is what one waits for. */
  ready(): PlannedNode[]
  /** Says that a node is stored, and what may be stored because of it. */
  stored(node: Node): PlannedNode[]
}

export function createStoreOrder({ nodes }: Pick<Plan, 'nodes'>): StoreOrder {
  const missing = new Map<string, number>()
  const neededBy = new Map<string, string[]>()
  for (const [key, { needs }] of nodes) {
    missing.set(key, needs.length)
    for (const need of needs) {
      const parents = neededBy.get(need)
      if (parents === undefined) neededBy.set(need, [key])
      else parents.push(key)
    }
  }
  return {
    ready: () =>
      [...nodes.values()].filter(({ needs }) => needs.length === 0).sort((a, b) => b.node.size - a.node.size),
    stored(node) {
      const freed: PlannedNode[] = []
      for (const parent of neededBy.get(nodeKey(node)) ?? []) {
        const left = (missing.get(parent) ?? 0) - 1
        missing.set(parent, left)
        const planned = nodes.get(parent)
        if (left === 0 && planned !== undefined) freed.push(planned)
      }
      return freed
    },
  }
}
