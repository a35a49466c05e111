import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { copyImageOver } from '../../src/copy/copy-image.ts'
import { openLanes } from '../../src/copy/lanes/lanes.ts'
import { createHttpClient, type HttpClient, type Timeouts } from '../../src/http/index.ts'
import type { CopyOptions } from '../../src/index.ts'
import { openStore } from '../../src/stores/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import type { PlaceKind } from './fault-place.ts'
import { type HeldImage, heldInStore } from './held-image.ts'
import { prepareStore, useStore } from './use-store.ts'

/** One way that images take over a wire. */
export interface FaultPath {
  /** Which side the server is that faults befall. `within`: both. `store`: what is done with a bucket beside copying. */
  readonly side: 'source' | 'destination' | 'within' | 'store'
  readonly place: PlaceKind
  readonly lanes: 'all' | 'stream'
  /** The name is a digest. */
  readonly byDigest?: boolean
  /** The tag resolves to another image before, with which it shares nothing. */
  readonly moves?: boolean
  /**
   * What went wrong before: `read`, a large blob breaks off when half of it has come; `write`, the same when it is sent; `resume`, an earlier
   * copy left an upload unfinished.
   */
  readonly broken?: 'read' | 'write' | 'resume'
  /** Faults befall these kinds of requests. Default: all. */
  readonly only?: RegExp
}

export type ImageName = 'small' | 'large'

export interface OpenPath extends AsyncDisposable {
  /** The origin that faults stand before. */
  readonly url: string
  /** What is there before the copy of a case. */
  prepare(name: string, image: ImageName): Promise<void>
  /** Copies, with all requests to the server going to `url`. @throws LadingError */
  copy(name: string, image: ImageName, url: string, signal: AbortSignal): Promise<void>
  held(name: string, image: BuiltImage): Promise<HeldImage>
  /** Frees what a case has left. */
  clear(name: string): Promise<void>
}

const notesOfBroken = { read: 'after a break', write: 'after a break', resume: 'going on with an upload' }

export function nameOf({ side, place, lanes, byDigest, moves, broken }: FaultPath): string {
  const what = { source: 'from', destination: 'to', within: 'within', store: 'in' }[side]
  const notes = [
    lanes === 'stream' ? 'as a stream' : '',
    byDigest ? 'by digest' : '',
    moves ? 'moving a tag' : '',
    broken ? notesOfBroken[broken] : '',
  ]
  return [`${what} ${place.name}`, ...notes.filter(Boolean)].join(', ')
}

/** Short: silence is a fault here. */
const timeouts: Timeouts = { connectMs: 4000, answerMs: 4000, writeAnswerMs: 4000, idleMs: 4000 }

/** Starts what a path needs; `old` is what a tag resolves to that moves. */
export async function openPath(
  { side, place: kind, lanes: named, byDigest, moves }: FaultPath,
  images: Readonly<Record<ImageName | 'old', BuiltImage>>,
): Promise<OpenPath> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(temporaryFolder(), 'faults-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const place = stack.use(await kind.start())
  const origin = stack.use(await startFakeRegistry())
  for (const [tag, built] of Object.entries(images)) {
    const repository = origin.repository('app')
    for (const [digest, bytes] of built.blobs) repository.blobs.set(digest, bytes)
    repository.addManifest(built.root.mediaType, built.blobs.get(built.root.digest) ?? new Uint8Array(), tag)
  }
  const lanes = stack.use(openLanes({ LADING_LANES: named === 'stream' ? 'stream' : '' }, { timeouts }))
  const { credential } = place
  const server = credential === undefined ? {} : { credential }

  async function copy(from: string, to: string, options: CopyOptions): Promise<void> {
    await using http = openClient()
    const shared = { lanes, client: async () => http, async [Symbol.asyncDispose]() {} }
    const kept = { preserveDigests: true, sourceServer: server, destinationServer: server }
    await copyImageOver(shared, from, to, { ...kept, ...options })
  }
  const local = (name: string) => `local://${folder}/${name}//app:v1`
  const sourceAt = (image: ImageName, url: string) => {
    const { reference, cloud } = place.locate(`source-${image}`, url)
    const digest = images[image].root.digest
    return { from: byDigest ? reference.replace(/:v1$/, `@${digest}`) : reference, sourceCloud: cloud }
  }
  const put = async (tag: ImageName | 'old', name: string, url: string, options: CopyOptions = {}) => {
    const { reference, cloud } = place.locate(name, url)
    await copy(`${origin.host}/app:${tag}`, reference, { destinationCloud: cloud, ...options })
  }
  if (side !== 'destination') {
    for (const image of ['small', 'large'] as const) await put(image, `source-${image}`, place.url)
  }
  const owned = stack.move()
  return {
    url: place.url,
    async prepare(name, image) {
      if (moves) await put('old', name, place.url)
      if (side === 'store') await prepareStore(place.locate(name, place.url), () => put(image, name, place.url))
    },
    async copy(name, image, url, signal) {
      if (side === 'destination') return await put(image, name, url, { signal })
      if (side === 'store') {
        await using http = openClient()
        return await useStore(place.locate(name, url), http, images[image], signal)
      }
      const { from, sourceCloud } = sourceAt(image, url)
      if (side === 'source') return await copy(from, local(name), { sourceCloud, signal })
      const { reference, cloud } = place.locate(name, url)
      await copy(from, reference, { sourceCloud, destinationCloud: cloud, signal })
    },
    async held(name, image) {
      if (side !== 'source') return await place.held(name, image)
      await using store = await openStore({ scheme: 'local', root: `${folder}/${name}` })
      return await heldInStore(store)
    },
    async clear(name) {
      if (side === 'source') await rm(`${folder}/${name}`, { recursive: true, force: true })
      else await place.clear(name)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function openClient(): HttpClient {
  return createHttpClient({
    environment: {},
    timeouts,
    retry: { attempts: 3, firstDelayMs: 20 },
    clock: { now: Date.now, random: () => 1, sleep: (ms, signal) => pause(Math.min(ms, 80), signal) },
  })
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise(resolve => setTimeout(resolve, milliseconds))
  signal?.throwIfAborted()
}
