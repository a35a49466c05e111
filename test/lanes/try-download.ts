import { randomUUID } from 'node:crypto'
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { type DownloadHooks, type DownloadTask, download } from '../../src/copy/lanes/download.ts'
import type { Outcome } from '../../src/copy/lanes/outcome.ts'
import { DirectPool } from '../../src/http/direct/direct-pool.ts'
import { digestOf } from '../../src/model/digest.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

export interface Tried {
  readonly outcome: 'done' | { readonly declined: string }
  readonly progress: number
  readonly retries: readonly string[]
  readonly relocated: number
  readonly file: Buffer
}

interface TryOptions {
  readonly content: Buffer
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly path?: string
  readonly relocate?: DownloadHooks['relocate']
  /** Default: as many as there ever are. */
  readonly share?: number
  readonly progress?: (bytes: number) => void
  /** Default: those of the HTTP client. */
  readonly attempts?: number
}

const timeouts = { connectMs: 5000, answerMs: 5000, writeAnswerMs: 5000, idleMs: 5000 }

/** Downloads in this thread, as a thread of its own does. Nothing stays open behind it. */
export async function tryDownload(options: TryOptions): Promise<Tried> {
  const { content, url, headers = {}, signal = new AbortController().signal } = options
  const file = options.path ?? newEmptyFile()
  const retries: string[] = []
  let progress = 0
  let relocated = 0
  const request = { url, headers, tlsVerify: true, route: undefined }
  const task: DownloadTask = { request, digest: digestOf(content), size: content.byteLength, path: file }
  const hooks: DownloadHooks = {
    progress(bytes) {
      progress += bytes
      options.progress?.(bytes)
    },
    retried: ({ reason }) => retries.push(reason),
    share: () => options.share ?? 16,
    attempts: options.attempts ?? 5,
    async relocate() {
      relocated += 1
      return await options.relocate?.()
    },
  }
  using pool = new DirectPool({ timeouts })
  const ended = await download(task, pool, hooks, signal)
  return { outcome: outcomeOf(ended), progress, retries, relocated, file: await readFile(file) }
}

function outcomeOf(ended: Outcome): Tried['outcome'] {
  if (ended.kind === 'done') return 'done'
  return { declined: ended.kind === 'declined' ? ended.why : 'the bytes have another digest' }
}

/** It goes with the test. */
export function newEmptyFile(folder = temporaryFolder()): string {
  const file = path.join(folder, randomUUID())
  writeFileSync(file, '')
  onTestFinished(() => rmSync(file, { force: true }))
  return file
}

/** Files that this process has open below `folder`; none where the system does not tell. */
export function openBelow(folder: string): string[] {
  return process.platform === 'linux' ? linksOf('/proc/self/fd').filter(name => name.startsWith(folder)) : []
}

function linksOf(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    try {
      return [readlinkSync(path.join(folder, name))]
    } catch {
      return []
    }
  })
}
