import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { CopyEvent } from '../../src/copy/events.ts'
import { type CopyOptions, type CopyResult, copyImage } from '../../src/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import { type FakeRegistry, startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

/** A registry that holds an image as `app:v1`. It goes with the test. */
export async function serveImage(
  image: BuiltImage,
  options?: Parameters<typeof startFakeRegistry>[0],
): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options)
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const repository = registry.repository('app')
  for (const [digest, bytes] of image.blobs) {
    if (digest !== image.root.digest) repository.blobs.set(digest, bytes)
  }
  const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
  repository.manifests.set(image.root.digest, { mediaType: image.root.mediaType, bytes })
  repository.tags.set('v1', image.root.digest)
  return registry
}

export interface LaneCopy {
  readonly result: CopyResult | undefined
  readonly error: unknown
  readonly events: readonly CopyEvent[]
  /** Threads that were started for it. */
  readonly threads: number
  readonly folder: string
}

/** Copies into a new folder, which `destination` is told; with all lanes, or those that `lanes` names. */
export async function copyWithLanes(
  source: string,
  destination: (folder: string) => string,
  { lanes = '', ...options }: CopyOptions & { readonly lanes?: string } = {},
): Promise<LaneCopy> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'lanes-'))
  const events: CopyEvent[] = []
  let threads = 0
  const count = () => {
    threads += 1
  }
  vi.stubEnv('LADING_LANES', lanes)
  process.on('worker', count)
  try {
    const onEvent = (event: CopyEvent) => {
      events.push(event)
      options.onEvent?.(event)
    }
    const result = await copyImage(source, destination(folder), { ...options, onEvent })
    return { result, error: undefined, events, threads, folder }
  } catch (error) {
    return { result: undefined, error, events, threads, folder }
  } finally {
    process.off('worker', count)
    vi.unstubAllEnvs()
  }
}

/** Bytes that each digest was told to have passed. */
export function progressOf(events: readonly CopyEvent[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'progress' && event.digest !== undefined)
      sums.set(event.digest, (sums.get(event.digest) ?? 0) + event.bytes)
  }
  return sums
}
