import { LadingError } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { isIndexType, isManifestType } from '../../model/media-types.ts'
import type { Expectation } from '../transport.ts'

/** OCI image specification, annotations.md: a layout's name of an entry. */
const nameAnnotation = 'org.opencontainers.image.ref.name'

/** A descriptor of index.json, with every field that we do not know of. */
export interface Entry {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>> | null | undefined
  readonly [field: string]: unknown
}

interface WantedEntry {
  readonly name?: string
  readonly index?: number
}

/** What `chooseEntry` finds, as a node. @throws what it throws; LadingError `unsupported` where it is no image */
export function findEntry(entries: readonly Entry[], wanted: WantedEntry, prefix: string): Node {
  return toNode(chooseEntry(entries, wanted, prefix))
}

/**
 * The entry that a reference names: by name, by position, or the only one there is. `prefix` is what a hint shows references with.
 *
 * @throws LadingError `image-not-found`, naming what there is
 */
export function chooseEntry(entries: readonly Entry[], wanted: WantedEntry, prefix: string): Entry {
  if (wanted.index !== undefined) {
    const entry = entries[wanted.index]
    if (entry !== undefined) return entry
    throw new LadingError('image-not-found', `index.json has ${entries.length} entries, and none at ${wanted.index}`)
  }
  const entry = wanted.name === undefined && entries.length === 1 ? entries[0] : entryOf(entries, wanted.name)
  const named = entries.filter(candidate => nameOf(candidate) !== undefined)
  const hint =
    named.length === 0
      ? undefined
      : `it has ${named.slice(0, 20).map(nameOf).join(', ')}${named.length > 20 ? ', …' : ''}`
  if (entry !== undefined && (wanted.name !== undefined || entries.length === 1)) return entry
  if (wanted.name !== undefined) {
    throw new LadingError('image-not-found', `the layout has no image named ${wanted.name}`, {
      hint: hint ?? 'none of its images has a name',
    })
  }
  throw new LadingError(
    'image-not-found',
    entries.length === 0 ? 'the layout is empty' : `the layout has ${entries.length} images`,
    {
      hint:
        entries.length === 0
          ? undefined
          : `choose one with ${prefix}PATH:NAME or ${prefix}PATH:@INDEX${hint === undefined ? '' : `; ${hint}`}`,
    },
  )
}

/** The digest that a destination's name has now. Without a name: that of the only unnamed entry. */
export function currentDigest(entries: readonly Entry[], name: string | undefined): Digest | undefined {
  return entryOf(entries, name)?.digest
}

/** The names that a layout gives its images, each once. */
export function entryNames(entries: readonly Entry[]): readonly string[] {
  return [...new Set(entries.map(nameOf).filter(name => name !== undefined))]
}

function entryOf(entries: readonly Entry[], name: string | undefined): Entry | undefined {
  const found = entries.filter(entry => nameOf(entry) === name)
  return name === undefined && found.length > 1 ? undefined : found[0]
}

export function nameOf(entry: Entry): string | undefined {
  return entry.annotations?.[nameAnnotation]
}

/** The entries with one of this name, in the place of the one that had it. */
export function withNamed(entries: readonly Entry[], { mediaType, digest, size }: Descriptor, name: string): Entry[] {
  const others = entries.filter(entry => nameOf(entry) !== name)
  return [...others, { mediaType, digest, size, annotations: { [nameAnnotation]: name } }]
}

export function withEntry(entries: readonly Entry[], root: Descriptor, name: string | undefined): Entry[] {
  const { mediaType, digest, size } = root
  const entry: Entry = {
    mediaType,
    digest,
    size,
    ...(name === undefined ? {} : { annotations: { [nameAnnotation]: name } }),
  }
  const result: Entry[] = []
  for (const other of entries) {
    const kept = name !== undefined && nameOf(other) === name ? withoutName(other) : other
    const repeats =
      isUnnamed(kept, root.digest) || (nameOf(kept) === undefined && result.some(one => isUnnamed(one, kept.digest)))
    if (!repeats) result.push(kept)
  }
  return [...result, entry]
}

function isUnnamed(entry: Entry, digest: Digest): boolean {
  return nameOf(entry) === undefined && entry.digest === digest
}

function withoutName(entry: Entry): Entry {
  const { annotations, ...rest } = entry
  const { [nameAnnotation]: _, ...others } = annotations ?? {}
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others }
}

/** @throws LadingError `unsupported` where it is neither a manifest nor an index */
export function toNode({ mediaType, digest, size }: Entry): Node {
  if (isIndexType(mediaType)) return { kind: 'index', mediaType, digest, size }
  if (isManifestType(mediaType)) return { kind: 'manifest', mediaType, digest, size }
  throw new LadingError(
    'unsupported',
    `the layout's entry ${digest} is ${mediaType}, which is neither a manifest nor an index`,
  )
}

/** @throws LadingError `tag-exists`, `precondition-failed` where the name has not what it is expected to have */
export function checkExpectation(
  entries: readonly Entry[],
  name: string | undefined,
  expect: Expectation | undefined,
): void {
  const digest = entryOf(entries, name)?.digest
  if (expect === undefined || digest === (expect === 'absent' ? undefined : expect)) return
  const has = digest === undefined ? 'does not exist' : `is ${digest}`
  if (expect === 'absent')
    throw new LadingError('tag-exists', `${name ?? 'the unnamed image'} exists: it ${has}`, {
      hint: 'choose another name',
    })
  throw new LadingError(
    'precondition-failed',
    `${name ?? 'the unnamed image'} ${has}, and was expected to be ${expect}`,
  )
}
