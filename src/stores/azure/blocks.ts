import type { BlockBlobClient } from '@azure/storage-blob'
import type { HttpClient } from '../../http/index.ts'
import type { Part } from '../parts/read-parts.ts'
import { abortable } from './abortable.ts'
import { isAbsent, isChangedOnTheWay, isRefusal } from './refusal.ts'

/** How often a part is sent whose bytes arrive changed. Other failures are tried again by the HTTP client. */
const changedAttempts = 3

/**
 * The name of a block says which part it is and what is in it.
 *
 * The number alone would do for one upload that is never wrong. But blocks cannot be thrown away: one that was sent by a run whose source
 * proved wrong, or that another program sends for another content at the same time, would be taken for ours and committed.
 * All names for one blob must have one length.
 */
export function blockId({ number, md5 }: Pick<Part, 'number' | 'md5'>): string {
  return Buffer.from(`${String(number).padStart(6, '0')}-${Buffer.from(md5).toString('hex')}`).toString('base64')
}

/** The first blocks of those that are staged, by their names: which part each is, and its MD5. */
export function partsIn(staged: ReadonlyMap<string, number>): Map<number, { etag: string; size: number }> {
  const parts = new Map<number, { etag: string; size: number }>()
  for (const [name, size] of staged) {
    const [, number, etag] = /^(\d{6})-([0-9a-f]{32})$/.exec(Buffer.from(name, 'base64').toString()) ?? []
    if (etag !== undefined) parts.set(Number(number), { etag, size })
  }
  return parts
}

/** The names of the first `count` blocks, which `partsIn` has found. */
export function firstBlocks(staged: ReadonlyMap<string, number>, count: number): string[] {
  const parts = partsIn(staged)
  return Array.from({ length: count }, (_, at) => {
    return blockId({ number: at + 1, md5: Buffer.from(parts.get(at + 1)?.etag ?? '', 'hex') })
  })
}

/** What Azure keeps of an upload that is not finished. */
export interface StagedBlocks {
  /** Of the object that is there under the key already; 0 where there is none yet. */
  readonly committedSize: number | undefined
  /** Sizes by name. */
  readonly staged: ReadonlyMap<string, number>
}

export async function findStagedBlocks(blob: BlockBlobClient, signal: AbortSignal | undefined): Promise<StagedBlocks> {
  try {
    const list = await blob.getBlockList('uncommitted', abortable(signal))
    const staged = new Map(list.uncommittedBlocks?.map(({ name, size }) => [name, size]))
    return { committedSize: list.blobContentLength, staged }
  } catch (error) {
    if (isAbsent(error)) return { committedSize: undefined, staged: new Map() }
    throw error
  }
}

/** Sends one part until it arrives as it is: Azure compares the MD5. */
export async function stageBlock(
  blob: BlockBlobClient,
  part: Part,
  http: HttpClient,
  signal: AbortSignal | undefined,
): Promise<void> {
  await untilUnchanged(http, signal, `part ${part.number}`, () =>
    blob.stageBlock(blockId(part), part.bytes, part.bytes.byteLength, {
      transactionalContentMD5: part.md5,
      ...abortable(signal),
    }),
  )
}

/** @throws the refusal, after so many attempts */
export async function untilUnchanged<T>(
  http: HttpClient,
  signal: AbortSignal | undefined,
  subject: string,
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (!isChangedOnTheWay(error) || attempt === changedAttempts) throw error
      await http.pause({ attempt, subject, reason: 'the bytes were changed on their way' }, signal)
    }
  }
}

/** Blocks that another writer's commit or put has thrown away. */
export function areBlocksGone(error: unknown): boolean {
  return isRefusal(error, 'InvalidBlockList')
}
