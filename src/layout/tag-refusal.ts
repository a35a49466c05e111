import { LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { readHistory } from './history.ts'
import { tagKeys } from './keys.ts'
import { type TagRecord, tagHolds } from './tag-record.ts'

/** What somebody wants of a tag before it is written or deleted. */
export interface TagCondition {
  readonly image: string
  readonly tag: string
  /** The tag may be created, but neither moved nor deleted. */
  readonly immutable: boolean
  /** What the tag must hold before: nothing, or this digest. */
  readonly expect?: 'absent' | Digest | undefined
  readonly signal?: AbortSignal | undefined
}

/** The error that keeps a tag as it is now from being written over or deleted, if there is one. */
export async function whyRefused(
  store: ObjectStore,
  { image, tag, immutable, expect, signal }: TagCondition,
  old: TagRecord | undefined,
  doing: 'write' | 'delete' = 'write',
): Promise<LadingError | undefined> {
  const name = `${image}:${tag}`
  const operation = `${doing} tag`
  if (old === undefined) {
    if (expect === undefined || expect === 'absent') return undefined
    return new LadingError('precondition-failed', `${name} does not exist, and was expected to hold ${expect}`, {
      hint: 'create it with --if-absent',
    })
  }
  const held = async () => {
    const entries = await readHistory(store, tagKeys(image, tag).history, signal)
    const time = entries.find(entry => tagHolds(old, entry.digest))?.pushed_at ?? old.info.modified.toISOString()
    return `holds ${old.digest}, pushed ${time}`
  }
  if (expect === 'absent') {
    return new LadingError('tag-exists', `${name} exists: it ${await held()}`, { hint: 'choose another tag' })
  }
  if (expect !== undefined && !tagHolds(old, expect)) {
    return new LadingError('precondition-failed', `${name} ${await held()}, and was expected to hold ${expect}`, {
      hint: 'somebody moved it: look with `lading history`, and name the digest that it holds now',
    })
  }
  if (!immutable) return undefined
  const hint = doing === 'delete' ? 'delete it with --force' : 'choose another tag, or move this one with --force'
  return new LadingError('tag-exists', `${name} is immutable and ${await held()}`, { operation, hint })
}
