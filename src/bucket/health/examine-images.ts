import type { CopyListener } from '../../copy/events.ts'
import { isLadingError } from '../../errors/index.ts'
import { readBucketConfig } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { bucketManifests } from '../bucket-manifests.ts'
import type { ImagePattern } from '../image-pattern.ts'
import { attemptCheck } from './attempt-check.ts'
import { contentFinding, orphansFinding } from './blob-findings.ts'
import { type BlobTable, readBlobTable } from './blob-table.ts'
import { checkLayers } from './check-layers.ts'
import type { DamagedBlob, DoctorCheck, DoctorReport, Finding, IncompleteTag } from './doctor-report.ts'
import { checkReferrers } from './survey-referrers.ts'
import { type SurveyOptions, surveyTags } from './survey-tags.ts'
import { tagFindings } from './tag-findings.ts'
import { verifyBlobs } from './verify-blobs.ts'

export interface ExamineImagesOptions {
  /** By the store's clock. */
  readonly now: Date
  /** Every image of the bucket is looked at, so that what none of them names can be told. */
  readonly whole: boolean
  readonly verify: boolean
  readonly jobs: number
  readonly listen: CopyListener
  readonly signal: AbortSignal
}

export interface ImagesExamined extends Pick<DoctorReport, 'tags' | 'incomplete' | 'damaged' | 'verified'> {
  readonly tagsFinding: Finding
  readonly checks: readonly DoctorCheck[]
}

/** Entries of a history that keep what they name, where the configuration cannot be read. */
const keepHistory = 5
/** What is listed of each kind; all of it is counted. */
const maxListed = 1000
/** Of all tags together: each may lack a whole image. */
const maxFlaws = 20_000

/** Looks at the images of a bucket: one listing of the blobs, one of the tags, and each manifest once. */
export async function examineImages(
  store: ObjectStore,
  pattern: ImagePattern,
  options: ExamineImagesOptions,
): Promise<ImagesExamined> {
  const { now, whole, verify, signal } = options
  const table = await readBlobTable(store, now, signal)
  const survey: SurveyOptions = { store, pattern, manifests: bucketManifests(store), table, signal }
  // Of some images only what they need is read, and to look at them is how that is found out.
  if (verify && !whole) await surveyTags(survey)
  const read = verify ? await readAllBlobs(store, table, whole ? undefined : table.isNamed, options) : undefined

  const incomplete: IncompleteTag[] = []
  let flaws = 0
  const found = await surveyTags({
    ...survey,
    ...(whole ? { keepHistory: await keptEntries(store, signal) } : {}),
    onIncomplete(tag) {
      flaws += tag.flaws.length
      if (incomplete.length < maxListed && flaws <= maxFlaws) incomplete.push(tag)
    },
  })
  const { tags: tagsFinding, checks } = tagFindings(found)
  // Before what nothing names is counted: it is named by what it refers to.
  const referrers = await attemptCheck('referrers', () => checkReferrers(survey, found.referrers), { signal })
  const isThere = ({ digest, size }: { digest: Digest; size: number }) => table.sizeOf(digest) === size
  return {
    tagsFinding,
    checks: [
      ...checks,
      referrers,
      ...(read === undefined ? [] : [contentFinding(read.verified, found.damaged)]),
      ...(whole ? [orphansFinding(table.unnamed, found.unknown, found.folders.nameless.count)] : []),
      ...(verify && whole
        ? [await attemptCheck('layers', () => checkLayers(store, isThere, signal), { signal, otherwise: 'note' })]
        : []),
    ],
    tags: { checked: found.checked, incomplete: found.incomplete },
    incomplete,
    damaged: read?.damaged ?? [],
    ...(read === undefined ? {} : { verified: read.verified }),
  }
}

/** Reads blobs, and notes in the table which are damaged. */
async function readAllBlobs(
  store: ObjectStore,
  table: BlobTable,
  wanted: ((digest: Digest) => boolean) | undefined,
  { jobs, listen, signal }: ExamineImagesOptions,
): Promise<{ damaged: DamagedBlob[]; verified: NonNullable<DoctorReport['verified']> }> {
  const started = performance.now()
  const read = { blobs: 0, bytes: 0 }
  const damaged: DamagedBlob[] = []
  listen({ type: 'planned', ...(wanted === undefined ? table.listed : table.named) })
  for await (const blob of verifyBlobs(store, read, {
    jobs,
    listen,
    signal,
    ...(wanted === undefined ? {} : { wanted }),
  })) {
    table.setDamaged(blob.digest, blob.why)
    if (damaged.length < maxListed) damaged.push(blob)
  }
  const seconds = (performance.now() - started) / 1000
  return { damaged, verified: { ...read, damaged: table.damaged, seconds } }
}

/** How many entries of an image's history keep what they name. */
async function keptEntries(store: ObjectStore, signal: AbortSignal): Promise<(image: string) => Promise<number>> {
  try {
    const config = await readBucketConfig(store, signal)
    return async image => (await config.settingsOf(image)).keepHistory
  } catch (error) {
    // What is wrong with it is told elsewhere.
    if (!isLadingError(error, 'bad-layout', 'too-large')) throw error
    return async () => keepHistory
  }
}
