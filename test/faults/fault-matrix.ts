import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { buildImage } from '../../src/testing/build-image.ts'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { type FaultPath, type ImageName, nameOf, type OpenPath, openPath } from './fault-path.ts'
import { placeKinds } from './fault-place.ts'
import { requestKinds } from './request-kind.ts'
import { type Ending, type FaultCase, runCase } from './run-case.ts'
import { type Sizes, wireFaults } from './wire-faults.ts'

/** Large enough for two parts, and for the direct lane; small enough that a copy takes a tenth of a second. */
const largeBytes = 8 * 1024 * 1024 + 100_000
const images = {
  small: buildImage({ layers: [randomBytes(1000)] }),
  large: buildImage({ layers: [randomBytes(largeBytes)] }),
  /** What a tag resolves to that moves. */
  old: buildImage({ layers: [randomBytes(500)] }),
}
const kindOf = requestKinds([images.small, images.large])

/** What is asked otherwise than on the first path to or from a place. */
const ofLarge = /\{large\}|PATCH/
const ofName = /\/manifests\/|uploadType=multipart/
const ofUploads = /uploads|uploadId|comp=block/
const ofSharing = /copy|mount|rewriteTo|\/source\//

/** Every way over a wire. */
export const faultPaths: readonly FaultPath[] = placeKinds.flatMap(place => {
  const isRegistry = place.name.includes('registry')
  return [
    { side: 'source', place, lanes: 'all' },
    { side: 'source', place, lanes: 'stream', only: ofLarge },
    ...(isRegistry ? [{ side: 'source', place, lanes: 'stream', byDigest: true, only: ofName } as const] : []),
    { side: 'destination', place, lanes: 'all' },
    { side: 'destination', place, lanes: 'stream', only: ofLarge },
    { side: 'destination', place, lanes: 'stream', moves: true, only: ofName },
    { side: 'within', place, lanes: 'all', only: ofSharing },
    { side: 'source', place, lanes: 'all', broken: 'read', only: /\+range/ },
    { side: 'source', place, lanes: 'stream', broken: 'read', only: /\+range/ },
    ...(isRegistry
      ? ([{ side: 'destination', place, lanes: 'stream', broken: 'write', only: /^GET .*uploads|\+rest/ }] as const)
      : ([
          { side: 'destination', place, lanes: 'all', broken: 'resume', only: ofUploads },
          { side: 'store', place, lanes: 'all' },
        ] as const)),
  ] satisfies FaultPath[]
})

export interface MatrixCase extends FaultCase {
  readonly path: string
  readonly run: () => Promise<Ending>
}

interface RequestKind {
  readonly kind: string
  readonly skip: number
  readonly sizes: Sizes
  readonly image: ImageName
}

export interface MatrixOfPath extends AsyncDisposable {
  readonly name: string
  readonly kinds: readonly RequestKind[]
  readonly cases: readonly MatrixCase[]
}

/** Copies once without a fault, writes down what is asked, and makes of that every case: kinds × faults × places. */
export async function openMatrix(path: FaultPath, slots: number): Promise<MatrixOfPath> {
  await using stack = new AsyncDisposableStack()
  const open = stack.use(await openPath(path, images))
  const free: TestProxy[] = []
  let last = 0
  const found: Record<ImageName, RequestKind[]> = { small: [], large: [] }
  for (let slot = 0; slot < slots; slot++) {
    const proxy = stack.use(await startProxy(open.url))
    // What is tried out of a server, by whichever way, is tried once: of the second copy is known what every copy asks.
    const copies = slot === 0 ? (['small', 'small', 'large'] as const) : (['small'] as const)
    for (const image of copies) {
      last += 1
      const requests = await record(path, open, proxy, `case-${last}`, image)
      if (slot === 0) found[image] = kindsIn(requests, image)
    }
    free.push(proxy)
  }
  // What is asked for small images too is tried with those: they are copied ten times as fast.
  const known = new Set(found.small.map(({ kind }) => kind))
  const kinds = [...found.small, ...found.large.filter(({ kind }) => !known.has(kind))].filter(
    ({ kind }) => path.only?.test(kind) ?? true,
  )
  const moves = path.moves ? images.old.root.digest : undefined
  const run = async (image: ImageName, fault: FaultCase): Promise<Ending> => {
    const proxy = free.pop()
    if (proxy === undefined) throw new Error(`more than ${slots} cases at once`)
    last += 1
    const name = `case-${last}`
    try {
      return await runCase(name, fault, {
        path: open,
        proxy,
        image,
        built: images[image],
        kindOf,
        moves,
        ready: name => ready(path, open, proxy, name, image),
      })
    } finally {
      await open.clear(name)
      free.push(proxy)
    }
  }
  const name = nameOf(path)
  const cases = kinds.flatMap(({ kind, skip, sizes, image }) =>
    wireFaults(kind, sizes).map(fault => {
      const one = { kind, skip, fault }
      return { path: name, ...one, run: () => run(image, one) }
    }),
  )
  const owned = stack.move()
  return { name, kinds, cases, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function record(
  path: FaultPath,
  open: OpenPath,
  proxy: TestProxy,
  name: string,
  image: ImageName,
): Promise<RecordedRequest[]> {
  await ready(path, open, proxy, name, image)
  proxy.requests.length = 0
  await open.copy(name, image, proxy.url, new AbortController().signal)
  const requests = [...proxy.requests]
  proxy.clearFaults()
  await open.clear(name)
  return requests
}

/** Does what is there before the copy of a case, and breaks what is to be broken. */
async function ready(
  { broken }: FaultPath,
  open: OpenPath,
  proxy: TestProxy,
  name: string,
  image: ImageName,
): Promise<void> {
  await open.prepare(name, image)
  if (broken === 'write') proxy.fault({ method: 'PATCH', times: 1, cutUp: largeBytes / 2 })
  if (broken === 'read') {
    const isWhole = (kind: string) => kind.includes('{large}') && !kind.includes('+range')
    const when = ({ method, url = '', headers }: IncomingMessage) => isWhole(kindOf({ method, path: url, headers }))
    proxy.fault({ method: 'GET', times: 1, cutDown: largeBytes / 2, when })
  }
  if (broken === 'resume' && image === 'large') {
    proxy.fault({ method: 'PUT', path: /partNumber=2|comp=blocklist/, status: 403 })
    await open.copy(name, image, proxy.url, new AbortController().signal).catch(() => {})
    proxy.clearFaults()
  }
}

/** Faults befall the first of each kind, and where several write, the last: of uploads that look alike that is the name's. */
function kindsIn(recorded: readonly RecordedRequest[], image: ImageName): RequestKind[] {
  const seen = Map.groupBy(recorded, kindOf)
  return [...seen].flatMap(([kind, requests]) => {
    const skips = requests.length > 1 && /^P/.test(kind) ? [0, requests.length - 1] : [0]
    return skips.map(skip => ({ kind, skip, image, sizes: sizesOf(requests[skip]) }))
  })
}

function sizesOf(request: RecordedRequest | undefined): Sizes {
  const { method, requestBytes = 0, responseBytes = 0 } = request ?? {}
  return { requestBytes, responseBytes, isHead: method === 'HEAD' }
}

/** Runs cases a few at a time, and calls `ended` with each. */
export async function runCases(
  cases: readonly MatrixCase[],
  atOnce: number,
  ended: (matrixCase: MatrixCase, ending: Ending) => void,
): Promise<void> {
  const queue = cases.values()
  const work = async () => {
    for (const one of queue) ended(one, await one.run())
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
