import { isLadingError } from '../../errors/index.ts'
import { listCondemned, listTrashedTags, readCondemned, readLeases } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { countObjects } from './count-objects.ts'
import type { Finding } from './doctor-report.ts'

/** As long as an upload may be gone on with. */
const abandonedMs = 24 * 60 * 60 * 1000
const recordsAtOnce = 8

/** What a clean has put aside. */
export async function checkTrash(store: ObjectStore, signal?: AbortSignal): Promise<Finding> {
  let [blobs, bytes, unreadable] = [0, 0, 0]
  const records = mapInOrder(listCondemned(store, signal), recordsAtOnce, async range => {
    try {
      return await readCondemned(store, range, signal)
    } catch (error) {
      if (!isLadingError(error, 'bad-layout', 'too-large')) throw error
      unreadable += 1
      return undefined
    }
  })
  for await (const record of records) {
    blobs += record.blobs.size
    for (const size of record.blobs.values()) bytes += size
  }
  let tags = 0
  for await (const { complete } of listTrashedTags(store, '', signal)) if (complete) tags += 1
  const counts = { blobs, bytes, tags, unreadable }
  if (blobs + tags + unreadable === 0) return { state: 'ok', message: 'the trash is empty', counts }
  const damaged = unreadable === 0 ? '' : `; ${unreadable} of its records cannot be read`
  return {
    state: unreadable === 0 ? 'ok' : 'note',
    message: `${blobs} condemned blobs, ${tags} deleted tags${damaged}`,
    counts,
  }
}

/** Uploads that nobody finishes any more: those that a clean removes. */
export async function checkUploads(store: ObjectStore, now: Date, signal?: AbortSignal): Promise<Finding> {
  const isOld = (at: Date | undefined) => at !== undefined && now.getTime() - at.getTime() > abandonedMs
  const drafts = await countObjects(store, 'lading/uploads/', ({ modified }) => isOld(modified), signal)
  let unfinished = 0
  let { bytes } = drafts
  for await (const upload of store.unfinished?.({ signal }) ?? []) {
    if (!isOld(upload.started)) continue
    unfinished += 1
    bytes += (await upload.size(signal)) ?? 0
  }
  const count = drafts.blobs + unfinished
  const counts = { drafts: drafts.blobs, unfinished, bytes }
  if (count === 0) return { state: 'ok', message: 'no upload was abandoned', counts }
  return {
    state: 'note',
    message: `${count} uploads were abandoned, more than a day ago`,
    hint: '`lading clean` removes them',
    counts,
  }
}

export async function checkLeases(store: ObjectStore, now: Date, signal?: AbortSignal): Promise<Finding> {
  const { living, expired } = await readLeases(store, now, signal)
  const counts = { living, expired: expired.length }
  const pushing = living === 0 ? 'nobody is pushing' : `${living} ${living === 1 ? 'push is' : 'pushes are'} under way`
  if (expired.length === 0) return { state: 'ok', message: pushing, counts }
  return {
    state: 'note',
    message: `${pushing}; ${expired.length} leases are left of runs that were killed`,
    hint: '`lading clean` removes them',
    counts,
  }
}

/** What s3lo 2 keeps: lading reads none of it, and leaves all of it alone. */
export async function checkChunks(store: ObjectStore, signal?: AbortSignal): Promise<Finding> {
  const folders = ['chunks', 'recipes', 'indexes'] as const
  const counts: Record<string, number> = {}
  for (const folder of folders) {
    const { blobs, bytes } = await countObjects(store, `${folder}/`, () => true, signal)
    if (blobs > 0) Object.assign(counts, { [folder]: blobs, [`${folder}Bytes`]: bytes })
  }
  const found = folders.filter(folder => counts[folder] !== undefined)
  if (found.length === 0) return { state: 'ok', message: 'no chunks of s3lo 2' }
  const said = found.map(folder => `${counts[folder]} ${folder}`).join(', ')
  return { state: 'note', message: `${said} of s3lo 2, which are never touched by clean`, counts }
}
