import pLimit from 'p-limit'
import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { limits } from '../../model/limits.ts'
import type { Selection } from '../../transform/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'
import type { PolicyGuard } from './policy-guard.ts'

/** Manifests whose signatures are asked for at a time. */
const manifestsAtOnce = 8

/**
 * Fails unless the policy accepts every manifest that is to be copied, as the containers tools look at each: a signature over an index is none over
 * what it names. An index of which nothing is copied has to be signed itself.
 *
 * @param found what the selection was chosen from
 * @throws LadingError `untrusted`
 */
export async function checkSelection(
  guard: PolicyGuard | undefined,
  { root, absent = [] }: Pick<Selection, 'root' | 'absent'>,
  found: Node,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  // what is no index was looked at when it was found
  if (!guard?.checksManifests || found.kind !== 'index') return
  const left = new Set(absent.map(({ digest }) => digest))
  const manifests = (await manifestsBelow(root, reader, signal)).filter(({ digest }) => !left.has(digest))
  const checked = manifests.length === 0 ? [found] : manifests
  const limit = pLimit(manifestsAtOnce)
  await Promise.all(checked.map(node => limit(() => guard.check(node, reader, signal))))
}

/** What is no index: each manifest, and whatever else an index names. */
async function manifestsBelow(
  root: Node,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<readonly Node[]> {
  const seen = new Map<string, Node>()
  const walk = async (node: Node, depth: number): Promise<void> => {
    if (seen.has(node.digest)) return
    if (depth > limits.manifestDepth)
      throw new LadingError('too-large', `indexes are nested more than ${limits.manifestDepth} deep`)
    seen.set(node.digest, node)
    if (seen.size > limits.manifestNodes)
      throw new LadingError('too-large', `the image has more than ${limits.manifestNodes} manifests`)
    if (node.kind !== 'index') return
    const index = parseNode(node, await reader.read(node, signal))
    if (index.kind === 'index') for (const child of index.manifests) await walk(child, depth + 1)
  }
  await walk(root, 0)
  return [...seen.values()].filter(({ kind }) => kind !== 'index')
}
