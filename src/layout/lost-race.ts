import { setTimeout as sleep } from 'node:timers/promises'
import { LadingError } from '../errors/index.ts'
import type { ObjectInfo, PutOptions } from '../stores/index.ts'

/** Each lost race is another writer's success, so this many in a row are no crowd but a fault. */
const maxAttempts = 200
const maxWaitMs = 250

/** The condition under which a version that was read, or an absence, may be replaced. */
export function overVersion(info: ObjectInfo | undefined): Pick<PutOptions, 'ifMatch' | 'ifNoneMatch'> {
  if (info === undefined) return { ifNoneMatch: '*' }
  if (info.etag === undefined) throw new LadingError('internal', `the store gave no etag for ${info.key}`)
  return { ifMatch: info.etag }
}

/** Before the next attempt of a conditional write that came too late: a moment that differs from the other losers'. */
export async function afterLostRace(attempt: number, error: unknown, signal?: AbortSignal): Promise<void> {
  if (attempt >= maxAttempts) throw error
  await sleep(Math.random() * Math.min(10 * attempt, maxWaitMs), undefined, { signal })
}
