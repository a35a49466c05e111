import { attachedTo } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import type { BucketManifests } from '../bucket-manifests.ts'
import type { ImagePattern } from '../image-pattern.ts'
import type { BlobTable } from './blob-table.ts'
import type { IncompleteTag } from './doctor-report.ts'
import { examineTag, type TagExamination } from './examine-tag.ts'
import { judgeImage } from './judge-image.ts'
import { type FolderFindings, type Found, find, nothingFound, walkTagFolders } from './walk-tag-folders.ts'

export interface SurveyOptions {
  readonly store: ObjectStore
  readonly pattern: ImagePattern
  readonly manifests: BucketManifests
  readonly table: BlobTable
  /** How many entries of an image's history keep what they name. Absent: histories are not followed. */
  readonly keepHistory?: (image: string) => Promise<number>
  readonly onIncomplete?: (tag: IncompleteTag) => Promise<void> | void
  readonly signal: AbortSignal
}

/** What the tags of a bucket are like. */
export interface TagSurvey {
  readonly folders: FolderFindings
  checked: number
  incomplete: number
  /** Those that need a blob whose bytes are wrong. */
  damaged: number
  /** Histories that cannot be read whole. */
  readonly unreadable: Found
  /** Tags whose root their history does not know. */
  readonly unrecorded: Found
  /** Entries of histories whose image is not whole any more. */
  lost: number
  readonly chunked: Found
  readonly foreign: Found
  /** Tags that are about another manifest. */
  referrers: number
  /** Manifests that cannot be read, so that nobody knows what they name. */
  unknown: number
}

/** Tags that are looked at at once. */
const atOnce = 16

/** Looks at every tag, a page of them at a time. */
export async function surveyTags(options: SurveyOptions): Promise<TagSurvey> {
  const { store, pattern, manifests, table, signal, onIncomplete = () => {} } = options
  const folders = {
    leftOver: nothingFound(),
    nameless: nothingFound(),
    foreign: nothingFound(),
    signed: nothingFound(),
  }
  const survey: TagSurvey = {
    folders,
    checked: 0,
    incomplete: 0,
    damaged: 0,
    unreadable: nothingFound(),
    unrecorded: nothingFound(),
    lost: 0,
    chunked: nothingFound(),
    foreign: nothingFound(),
    referrers: 0,
    unknown: 0,
  }
  const tags = walkTagFolders(store, pattern, folders, signal)
  const examined = mapInOrder(tags, atOnce, async name => {
    const tag = await examineTag(store, name, manifests, table, signal)
    if (tag === undefined) return undefined
    table.name(tag.digest)
    return { tag, lost: await followHistory(tag, options) }
  })
  for await (const { tag, lost } of examined) {
    const { image, tag: name, digest, verdict } = tag
    const shown = `${image}:${name}`
    survey.checked += 1
    survey.lost += lost
    if (!tag.historyWhole) find(survey.unreadable, shown)
    if (tag.unrecorded) find(survey.unrecorded, shown)
    if (verdict.chunked > 0) find(survey.chunked, shown)
    if (verdict.foreign > 0) find(survey.foreign, shown)
    if (attachedTo(name) !== undefined) survey.referrers += 1
    if (verdict.flaws.length === 0) continue
    survey.incomplete += 1
    if (verdict.flaws.some(({ flaw }) => flaw === 'damaged')) survey.damaged += 1
    survey.unknown += verdict.flaws.filter(({ kind }) => kind === 'manifest' || kind === 'index').length
    await onIncomplete({ image, tag: name, digest, flaws: verdict.flaws })
  }
  return survey
}

/** Names what the history keeps. @returns how many of its images are not whole */
async function followHistory(
  { image, digest, history }: TagExamination,
  { manifests, table, keepHistory, signal }: SurveyOptions,
): Promise<number> {
  if (keepHistory === undefined) return 0
  const roots = new Set<Digest>(history.slice(0, await keepHistory(image)).map(entry => entry.digest))
  roots.delete(digest)
  let lost = 0
  for (const root of roots) {
    const node = { kind: 'manifest', mediaType: '', digest: root, size: 0 } as const
    table.name(root)
    if (table.isWhole(node)) continue
    const read = await manifests.read(node, signal)
    if (read.manifest === undefined) {
      lost += 1
      continue
    }
    const { flaws, chunked, foreign } = await judgeImage(read.manifest, manifests, table, signal)
    if (flaws.length > 0) lost += 1
    else if (chunked + foreign === 0) table.setWhole(node)
  }
  return lost
}
