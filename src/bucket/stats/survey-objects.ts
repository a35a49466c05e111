import { listCondemned, readCondemned } from '../../layout/index.ts'
import { isDigest } from '../../model/digest.ts'
import type { ObjectInfo, ObjectStore } from '../../stores/index.ts'
import { listBlobs } from '../list-blobs.ts'
import { createTally, type GrowingTally, type Tally } from '../tally.ts'
import { chunked, condemned, type DigestLedger, listed, recent } from './digest-ledger.ts'
import type { ClassTallies } from './storage-cost.ts'

/** What an object of a bucket is for. */
export type ObjectKind = 'blobs' | 'tags' | 'trash' | 'chunks' | 'recipes' | 'indexes' | 'other'

export interface Survey {
  readonly stored: Tally
  readonly kinds: Readonly<Record<ObjectKind, Tally>>
}

export interface SurveyOptions {
  /** Of everything. */
  readonly classes: ClassTallies
  /** Of the blobs alone. */
  readonly blobClasses: ClassTallies
  /** What was written later may be on its way. */
  readonly before: Date
  readonly signal?: AbortSignal | undefined
}

const blobsFolder = 'blobs/'
const recipesFolder = 'recipes/sha256/'

/** The first that a key begins with says what it is. */
const kindByPrefix: readonly (readonly [prefix: string, kind: ObjectKind])[] = [
  ['manifests/', 'tags'],
  ['lading/trash/', 'trash'],
  ['chunks/', 'chunks'],
  ['recipes/', 'recipes'],
  ['indexes/', 'indexes'],
]

/** Lists everything that is in the bucket, and enters its blobs into the ledger. */
export async function surveyObjects(
  store: ObjectStore,
  ledger: DigestLedger,
  { classes, blobClasses, before, signal }: SurveyOptions,
): Promise<Survey> {
  const stored = createTally()
  const kinds: Record<ObjectKind, GrowingTally> = {
    blobs: createTally(),
    tags: createTally(),
    trash: createTally(),
    chunks: createTally(),
    recipes: createTally(),
    indexes: createTally(),
    other: createTally(),
  }
  const count = (kind: ObjectKind, { size, storageClass }: ObjectInfo) => {
    stored.add(size)
    kinds[kind].add(size)
    classes.add(storageClass, size)
  }

  for await (const { digest, info } of listBlobs(store, signal)) {
    count('blobs', info)
    blobClasses.add(info.storageClass, info.size)
    const row = ledger.rowOf(digest)
    ledger.bytes.set(row, info.size)
    ledger.flag(row, info.modified > before ? listed | recent : listed)
  }
  for await (const info of listOthers(store, signal)) {
    count(kindByPrefix.find(([prefix]) => info.key.startsWith(prefix))?.[1] ?? 'other', info)
    const digest = `sha256:${info.key.slice(recipesFolder.length)}`
    if (info.key.startsWith(recipesFolder) && isDigest(digest)) ledger.flag(ledger.rowOf(digest), chunked)
  }
  for await (const range of listCondemned(store, signal)) {
    const record = await readCondemned(store, range, signal)
    for (const digest of record?.blobs.keys() ?? []) {
      if (ledger.flagsOf(digest) & listed) ledger.flag(ledger.rowOf(digest), condemned)
    }
  }
  return { stored, kinds }
}

/** Everything but the blobs. */
async function* listOthers(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo, void, undefined> {
  for await (const top of store.list('', { delimiter: '/', signal })) {
    if (top.kind === 'object') yield top.info
    else if (top.prefix !== blobsFolder) {
      for await (const entry of store.list(top.prefix, { signal })) if (entry.kind === 'object') yield entry.info
    }
  }
}
