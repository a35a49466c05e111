import { link, open, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LadingError, systemCode } from '../../errors/index.ts'
import { currentProcess, hasEnded, type ProcessIdentity } from './process-identity.ts'
import { removeTemporary } from './remove-temporary.ts'

/** A lock that is held. Disposing of it lets the next one in. */
export interface FileLock extends AsyncDisposable {
  /**
   * MUST be called right before the step that the lock protects, and every few seconds of work that leads there: a holder that
   * nobody heard of for `patienceMs` may have been taken for dead.
   *
   * @throws LadingError `io` where the lock was lost
   */
  renew(): Promise<void>
}

export interface LockOptions {
  /** A path on the same file system, for this acquisition alone. */
  readonly draft: () => Promise<string>
  /** Does a step in the directories of the draft and of the lock, which another process may remove when they are empty. */
  readonly within: <T>(step: () => Promise<T>) => Promise<T>
  /** How long a lock must stand unchanged, before the eyes of the one who waits, to be broken. */
  readonly patienceMs?: number
  readonly signal?: AbortSignal | undefined
}

interface LockRecord extends ProcessIdentity {
  readonly token: string
  /** For people who look into the directory. Nothing is decided by it: clocks differ between hosts. */
  readonly created: string
}

/** What stands in a lock file, and when it was last renewed. Two equal states are the same lock, untouched. */
interface LockState {
  readonly record: LockRecord | undefined
  readonly version: string
}

/**
 * Takes the lock that the file `path` stands for, between processes. Node has no flock(2).
 *
 * The file is made by link(2), which creates as exclusively as O_EXCL does, and whole: no lock is ever seen without its record.
 *
 * A lock is broken when its process has ended, or when it stood unchanged for `patienceMs` (a holder on another host that died;
 * its age is measured by the waiter's own clock). Breaking is the dangerous part: of two processes that find the same dead
 * lock, the second could remove the fresh lock of a third that came in after the first. So:
 *
 * - A lock file leaves only by its holder's release or by a breaker, and a breaker holds the lock `<path>.break` from before
 *   it reads the file again until after it has removed it. Between the two, no other breaker can remove it.
 * - The holder could: if it has ended it does not, and if it might have been taken for dead (it did not renew for half of the
 *   patience) it releases under `<path>.break` too, reading its own record first.
 * - So what a breaker removes is what it read: unchanged since it was judged.
 *
 * `<path>.break` is a lock as this one is, broken in the same way, so a killed breaker stops nobody. What remains is a holder that
 * is stopped for longer than the patience between `renew` and the step itself; no file system call closes that gap.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<FileLock> {
  const { patienceMs = 30_000, signal } = options
  const token = crypto.randomUUID()
  const record: LockRecord = { token, ...(await currentProcess()), created: new Date().toISOString() }
  const draft = await options.draft()
  try {
    await options.within(() => writeFile(draft, JSON.stringify(record), { flag: 'wx' }))
    let seen: LockState | undefined
    let since = 0
    for (;;) {
      signal?.throwIfAborted()
      const attempted = performance.now()
      if (await options.within(() => tryLink(draft, path)))
        return new HeldLock(path, token, patienceMs, options, attempted)
      const state = await readState(path)
      if (state === undefined) continue
      if (state.version !== seen?.version) {
        seen = state
        since = performance.now()
      }
      const dead = state.record !== undefined && (await hasEnded(state.record))
      if (dead || performance.now() - since > patienceMs) await breakLock(path, state, options)
      else await sleep(2 + Math.random() * 18, undefined, { signal })
    }
  } finally {
    await removeTemporary(draft)
  }
}

class HeldLock implements FileLock {
  readonly #path: string
  readonly #token: string
  readonly #patienceMs: number
  readonly #options: LockOptions
  #renewed: number

  constructor(path: string, token: string, patienceMs: number, options: LockOptions, acquired: number) {
    this.#path = path
    this.#token = token
    this.#patienceMs = patienceMs
    this.#options = options
    this.#renewed = acquired
  }

  async renew(): Promise<void> {
    const now = performance.now()
    if (now - this.#renewed < this.#patienceMs / 10) return
    if ((await readState(this.#path))?.record?.token !== this.#token) {
      throw new LadingError('io', 'another process took this one for dead and broke its lock', { hint: 'try again' })
    }
    const time = new Date()
    await utimes(this.#path, time, time)
    this.#renewed = now
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (performance.now() - this.#renewed < this.#patienceMs / 2) {
      await removeTemporary(this.#path)
      return
    }
    // Without the signal: a lock is released after an abort too.
    await using _guard = await acquireLock(`${this.#path}.break`, { ...this.#options, signal: undefined })
    if ((await readState(this.#path))?.record?.token === this.#token) await removeTemporary(this.#path)
  }
}

async function breakLock(path: string, judged: LockState, options: LockOptions): Promise<void> {
  await using _guard = await acquireLock(`${path}.break`, options)
  if ((await readState(path))?.version === judged.version) await removeTemporary(path)
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** `undefined` where there is no lock (any more). A record that cannot be read belongs to nobody known: only age breaks it. */
async function readState(path: string): Promise<LockState | undefined> {
  try {
    await using handle = await open(path, 'r')
    const text = await handle.readFile('utf8')
    const { mtimeNs } = await handle.stat({ bigint: true })
    return { record: parseRecord(text), version: `${mtimeNs} ${text}` }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function parseRecord(text: string): LockRecord | undefined {
  try {
    const { token, pid, started, machine, created } = JSON.parse(text)
    if (typeof token !== 'string' || !Number.isSafeInteger(pid) || pid <= 0 || typeof machine !== 'string')
      return undefined
    return { token, pid, started: String(started), machine, created: String(created) }
  } catch {
    return undefined
  }
}
