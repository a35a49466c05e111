import { randomUUID } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { ObjectInfo, ObjectStore, PutOptions } from '../../stores/index.ts'
import { readAll } from '../../streams/index.ts'
import type { DoctorCheck, Finding } from './doctor-report.ts'

/** What a store let us do. */
export interface Probe {
  readonly checks: readonly DoctorCheck[]
  /** By the store's clock. Absent where nothing could be written. */
  readonly now?: Date
}

/** Clearing up has its own short time, and no say. */
const clearTimeoutMs = 10_000
const minuteMs = 60_000

/**
 * Writes an object, reads it, replaces it, and deletes it. It stands where drafts of uploads do, so one that a kill leaves is cleared up with
 * them.
 *
 * @param warnings what the store has said that its user should know, so far
 */
export async function probeStore(
  store: ObjectStore,
  warnings: () => readonly string[],
  signal?: AbortSignal,
): Promise<Probe> {
  const key = `lading/uploads/doctor-${randomUUID()}`
  const before = new Date()
  try {
    await store.put(key, encode('first'), { signal })
    const info = await store.head(key, { signal })
    const read = await readBack(store, key, signal)
    if (info === undefined || read !== 'first') {
      throw new LadingError('protocol-error', 'what was written cannot be read back as it was')
    }
    const clock = clockFinding(info.modified, before, new Date())
    const conditions = await tryConditions(store, key, info, warnings, signal)
    await store.delete(key, { signal })
    if ((await store.head(key, { signal })) !== undefined) {
      throw new LadingError('protocol-error', 'what was deleted is still there')
    }
    return {
      now: info.modified,
      checks: [
        { name: 'permissions', state: 'ok', message: 'objects can be written, read and deleted' },
        { name: 'conditions', ...conditions },
        { name: 'clock', ...clock },
      ],
    }
  } catch (error) {
    await store.delete(key, { signal: AbortSignal.timeout(clearTimeoutMs) }).catch(() => {})
    if (signal?.aborted || !isLadingError(error)) throw error
    const { code, message, hint } = error
    return {
      checks: [
        {
          name: 'permissions',
          state: 'failed',
          code,
          message: `${error.operation ?? 'write'}: ${message}`,
          ...said(hint),
        },
      ],
    }
  }
}

/** What a condition is worth is tried: each is one that does not hold. */
async function tryConditions(
  store: ObjectStore,
  key: string,
  first: ObjectInfo,
  warnings: () => readonly string[],
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const known = warnings().length
  const ignored: string[] = []
  const refuses = async (attempt: () => Promise<unknown>): Promise<boolean> => {
    try {
      await attempt()
      return false
    } catch (error) {
      if (isLadingError(error, 'precondition-failed')) return true
      throw error
    }
  }
  const put = (text: string, condition: PutOptions) => store.put(key, encode(text), { ...condition, signal })
  const older = first.etag ?? ''
  if (!(await refuses(() => put('created', { ifNoneMatch: '*' })))) ignored.push('If-None-Match')
  const { etag } = await store.put(key, encode('second'), { signal })
  if (etag === undefined || !(await refuses(() => put('third', { ifMatch: older })))) ignored.push('If-Match')
  else await put('fourth', { ifMatch: etag })
  // The driver looks before it writes where the server ignores conditions, and says so.
  const said = warnings().slice(known)
  if (ignored.length > 0 || said.length > 0) {
    return {
      state: 'warning',
      message: said[0] ?? `the store ignores ${ignored.join(' and ')}`,
      hint: 'of two pushes that write one tag at the same moment one may be lost, and immutable tags can be raced: let one writer at a time push a tag',
    }
  }
  const deletes = await refuses(() => store.delete(key, { ifMatch: older, signal }))
  return deletes
    ? { state: 'ok', message: 'objects are created, replaced and deleted under conditions' }
    : { state: 'note', message: 'objects are created and replaced under conditions, and deleted without' }
}

async function readBack(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<string> {
  const { body } = await store.get(key, { signal })
  return new TextDecoder().decode(await readAll(body, 1024, key))
}

/** Services tell whole seconds, and a request takes its time. */
function clockFinding(at: Date, before: Date, after: Date): Finding {
  const ahead = at.getTime() - after.getTime()
  const behind = before.getTime() - at.getTime() - 1000
  const off = Math.max(ahead, behind, 0)
  const counts = { offSeconds: Math.round((ahead > 0 ? off : -off) / 1000) }
  if (off <= minuteMs)
    return { state: 'ok', message: 'the clock of the store agrees with that of this machine', counts }
  const message = `the clock of the store is ${Math.round(off / minuteMs)} min ${ahead > 0 ? 'ahead of' : 'behind'} that of this machine`
  const hint = 'set the clock (NTP): ages are taken by that of the store'
  return { state: off > 10 * minuteMs ? 'warning' : 'note', message, hint, counts }
}

function said(hint: string | undefined): Pick<Finding, 'hint'> {
  return hint === undefined ? {} : { hint }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
