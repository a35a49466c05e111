import { randomBytes } from 'node:crypto'
import { buildImage } from '../../src/testing/build-image.ts'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { type FaultPath, nameOf, type OpenPath, openPath } from './fault-path.ts'
import { placeKinds } from './fault-place.ts'
import { requestKinds } from './request-kind.ts'
import { type Ending, type FaultCase, runCase } from './run-case.ts'
import { type Sizes, wireFaults } from './wire-faults.ts'

/** Large enough for two parts, and for the direct lane; small enough that a copy takes a tenth of a second. */
const largeBytes = 8 * 1024 * 1024 + 100_000
const image = buildImage({ layers: [randomBytes(1000), randomBytes(largeBytes)] })
const old = buildImage({ layers: [randomBytes(500)] })

/** What is asked otherwise than on the first path to or from a place. */
const ofLarge = /\{large\}|PATCH/
const ofName = /\/manifests\/|uploadType=multipart/
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
}

export interface MatrixOfPath extends AsyncDisposable {
  readonly name: string
  readonly kinds: readonly RequestKind[]
  readonly cases: readonly MatrixCase[]
}

/** Copies once without a fault, writes down what is asked, and makes of that every case: kinds × faults × places. */
export async function openMatrix(path: FaultPath, slots: number): Promise<MatrixOfPath> {
  await using stack = new AsyncDisposableStack()
  const open = stack.use(await openPath(path, image, old))
  const kindOf = requestKinds(image)
  const free: TestProxy[] = []
  let recorded: readonly RecordedRequest[] = []
  for (let slot = 0; slot < slots; slot++) {
    const proxy = stack.use(await startProxy(open.url))
    // What is tried out of a server is tried once: of the second copy is known what every copy asks.
    for (const time of [1, 2]) recorded = await record(open, proxy, `case-${2 * slot + time}`)
    free.push(proxy)
  }
  const kinds = kindsIn(recorded, kindOf).filter(({ kind }) => path.only?.test(kind) ?? true)
  const moves = path.moves ? old.root.digest : undefined
  let last = slots * 10
  const run = async (fault: FaultCase): Promise<Ending> => {
    const proxy = free.pop()
    if (proxy === undefined) throw new Error(`more than ${slots} cases at once`)
    last += 1
    const name = `case-${last}`
    try {
      return await runCase(name, fault, { path: open, proxy, image, kindOf, moves })
    } finally {
      await open.clear(name)
      free.push(proxy)
    }
  }
  const name = nameOf(path)
  const cases = kinds.flatMap(({ kind, skip, sizes }) =>
    wireFaults(kind, sizes).map(fault => ({ path: name, kind, skip, fault, run: () => run({ kind, skip, fault }) })),
  )
  const owned = stack.move()
  return { name, kinds, cases, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function record(open: OpenPath, proxy: TestProxy, name: string): Promise<RecordedRequest[]> {
  await open.prepare(name)
  proxy.requests.length = 0
  await open.copy(name, proxy.url, new AbortController().signal)
  return [...proxy.requests]
}

/** Faults befall the first of each kind, and where there are several, the last: of uploads that look alike that is the name's. */
function kindsIn(recorded: readonly RecordedRequest[], kindOf: (request: RecordedRequest) => string): RequestKind[] {
  const seen = Map.groupBy(recorded, kindOf)
  return [...seen].flatMap(([kind, requests]) => {
    const skips = requests.length > 1 ? [0, requests.length - 1] : [0]
    return skips.map(skip => ({ kind, skip, sizes: sizesOf(requests[skip]) }))
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
