import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { adoptAbandoned, leaveTemporary, sweepTemporary, temporaryName } from '../../stores/local/temporary-file.ts'
import type { UploadSession } from './upload-session.ts'

/** More than a registry lags behind what was sent to it. */
const statesKept = 8
const maxRecordBytes = 64 * 1024

interface Saved {
  readonly session: UploadSession
  /** Of the digest, behind some of the bytes that were sent last, in the form of `ResumableDigest`. */
  readonly states: readonly string[]
}

/**
 * Where an upload to a registry goes on, for the process that goes on with it where this one is killed: nobody but the registry and who began it
 * knows. A file in this machine's cache, which only its user can read, since a location may let anybody write. It is given to one process by a
 * rename, and gone after a day.
 *
 * That it cannot be kept is no failure: the next copy begins anew.
 */
export class UploadRecord {
  readonly #folder: string
  readonly #content: string
  #path: string | undefined
  readonly #states: string[]
  #session: UploadSession | undefined
  #writing: Promise<void> | undefined
  #isStale = false

  private constructor(
    folder: string,
    content: string,
    found?: { readonly path: string; readonly saved: Saved | undefined },
  ) {
    this.#folder = folder
    this.#content = content
    this.#path = found?.path
    this.#session = found?.saved?.session
    this.#states = [...(found?.saved?.states ?? [])]
  }

  /** That of the upload of a blob. @param what names registry, repository and digest */
  static async take(folder: string, what: readonly string[]): Promise<UploadRecord> {
    const content = createHash('sha256').update(JSON.stringify(what)).digest('hex')
    try {
      await sweepTemporary(folder)
      const file = await adoptAbandoned(folder, content)
      if (file === undefined) return new UploadRecord(folder, content)
      return new UploadRecord(folder, content, { path: file, saved: savedIn(await readFile(file, 'utf8')) })
    } catch {
      return new UploadRecord(folder, content)
    }
  }

  /** Where it went on when its process was killed. */
  get session(): UploadSession | undefined {
    return this.#session
  }

  /** The last state behind which there is nothing that the registry has not. */
  stateBefore(offset: number): string | undefined {
    return this.#states.findLast(state => offsetOf(state) <= offset)
  }

  begin(): void {
    this.#states.length = 0
  }

  /** Keeps where the upload goes on now, and the state of the digest behind bytes that were sent. */
  keep(session: UploadSession, state?: string): void {
    this.#session = session
    if (state !== undefined) this.#states.push(state)
    this.#states.splice(0, this.#states.length - statesKept)
    this.#isStale = true
    this.#writing ??= this.#write()
  }

  /** Another process, or this one, may go on with the upload. */
  async leave(): Promise<void> {
    await this.#writing
    if (this.#path !== undefined) await leaveTemporary(this.#path).catch(() => {})
  }

  async remove(): Promise<void> {
    this.#isStale = false
    await this.#writing
    if (this.#path !== undefined) await rm(this.#path, { force: true }).catch(() => {})
  }

  async #write(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false
        await mkdir(this.#folder, { recursive: true, mode: 0o700 })
        const place = this.#path ?? path.join(this.#folder, await temporaryName(this.#content))
        await writeFile(`${place}.new`, JSON.stringify({ session: this.#session, states: this.#states }), {
          mode: 0o600,
        })
        await rename(`${place}.new`, place)
        this.#path = place
      }
    } catch {}
    this.#writing = undefined
  }
}

function offsetOf(state: string): number {
  return Number(state.split(':')[1])
}

function savedIn(text: string): Saved | undefined {
  if (text.length > maxRecordBytes) return undefined
  const { session, states } = JSON.parse(text)
  const { location, minChunkBytes } = session
  if (typeof location !== 'string' || !URL.canParse(location) || !Number.isSafeInteger(minChunkBytes)) return undefined
  const isState = (state: unknown) => typeof state === 'string'
  return { session: { location, minChunkBytes }, states: Array.isArray(states) ? states.filter(isState) : [] }
}
