import { isLadingError, type LadingError } from '../../src/errors/index.ts'
import type { Digest } from '../../src/model/digest.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import type { TestProxy } from '../services/start-proxy.ts'
import type { ImageName, OpenPath } from './fault-path.ts'
import type { HeldImage } from './held-image.ts'
import type { Asked } from './request-kind.ts'
import type { WireFault } from './wire-faults.ts'

export interface FaultCase {
  /** The kind of request that it befalls. */
  readonly kind: string
  /** How many of the kind pass before. */
  readonly skip: number
  readonly fault: WireFault
}

/** How a case ended. */
export interface Ending {
  /** `succeeds`, or the code of the error; what is neither is a defect. */
  readonly end: string
  /** Why nobody may accept it, whatever was expected. */
  readonly defects: readonly string[]
  /** Whether there was such a request at all. */
  readonly isReached: boolean
  readonly error?: LadingError | undefined
}

interface Means {
  readonly path: OpenPath
  readonly proxy: TestProxy
  readonly image: ImageName
  /** What it is. */
  readonly built: BuiltImage
  readonly kindOf: (request: Asked) => string
  readonly moves: Digest | undefined
  /** What went before. */
  readonly ready: (name: string) => Promise<void>
}

/** Longer than every attempt of every request that is answered by silence. */
const longestMs = 120_000

/** Copies an image while the fault befalls it, and looks at what is there then. */
export async function runCase(
  name: string,
  { kind, skip, fault }: FaultCase,
  { path, proxy, image, built, kindOf, moves, ready }: Means,
): Promise<Ending> {
  await ready(name)
  const handle = proxy.fault({
    ...fault.fault,
    when: ({ method, url = '', headers }) => kindOf({ method, path: url, headers }) === kind,
    skip,
    ...(fault.times === undefined ? {} : { times: fault.times }),
  })
  const thrown = await attempt(signal => path.copy(name, image, proxy.url, signal))
  proxy.clearFaults()
  const isReached = handle.hits > 0
  const held = await path.held(name, built)
  if (thrown === undefined) return { end: 'succeeds', defects: defectsOf(held, built, moves), isReached }
  const defects = [...brokenPromises(held, built, moves), ...unclear(thrown.error)]
  const again = await attempt(signal => path.copy(name, image, proxy.url, signal))
  if (again !== undefined) defects.push(`the copy after it fails: ${again.error}`)
  else
    defects.push(
      ...defectsOf(await path.held(name, built), built, moves).map(defect => `after another copy: ${defect}`),
    )
  const error = isLadingError(thrown.error) ? thrown.error : undefined
  return { end: error?.code ?? String(thrown.error), defects, isReached, error }
}

async function attempt(copy: (signal: AbortSignal) => Promise<void>): Promise<{ error: unknown } | undefined> {
  const stop = new AbortController()
  const { promise: endless, resolve } = Promise.withResolvers<{ error: unknown }>()
  const timer = setTimeout(() => resolve({ error: new Error('it hangs') }), longestMs)
  const copied = copy(stop.signal).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  try {
    return await Promise.race([copied, endless])
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

/** What is missing or wrong where the copy was told to have succeeded. */
function defectsOf(held: HeldImage, image: BuiltImage, moves: Digest | undefined): string[] {
  const missing = [...image.blobs.keys()].filter(digest => !held.right.has(digest))
  const entries = moves === undefined ? 1 : 2
  return [
    ...held.wrong.map(digest => `other bytes stand under ${digest}`),
    ...missing.map(digest => `${digest} is missing`),
    ...(held.root === image.root.digest ? [] : [`the tag resolves to ${held.root}`]),
    ...(held.entries === undefined || held.entries === entries ? [] : [`the history has ${held.entries} entries`]),
  ]
}

/** What no failure may leave behind: a tag of something incomplete, or other bytes under a digest. */
function brokenPromises(held: HeldImage, image: BuiltImage, moves: Digest | undefined): string[] {
  const wrong = held.wrong.map(digest => `other bytes stand under ${digest}`)
  if (held.root === moves) return wrong
  if (held.root !== image.root.digest) return [...wrong, `the tag resolves to ${held.root}`]
  const missing = [...image.blobs.keys()].filter(digest => !held.right.has(digest))
  return [...wrong, ...missing.map(digest => `the tag is there, and ${digest} is missing`)]
}

/** An error says what failed, where, and on which side. */
function unclear(error: unknown): string[] {
  if (!isLadingError(error)) return [`it throws ${error instanceof Error ? error.stack : String(error)}`]
  const { code, message, side, subject } = error
  return [
    ...(code === 'internal' || code === 'interrupted' ? [`the error is ${code}: ${message}`] : []),
    ...(side === undefined ? [`the error has no side: ${message}`] : []),
    ...(subject === undefined ? [`the error has no subject: ${message}`] : []),
    ...(/\n|[0-9a-f]{32}[^0-9a-f].*Signature/.test(message) ? [`the message is ${JSON.stringify(message)}`] : []),
  ]
}
