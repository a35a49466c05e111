import { isLadingError, LadingError } from '../../errors/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { formatRepository, parseReference } from '../../transports/index.ts'
import { readPolicy } from '../../trust/policy/read-policy.ts'
import { copyImageOver } from '../copy-image.ts'
import { interruptible } from '../interruptible.ts'
import { openShared, type Shared } from '../session.ts'
import { destinationName, holdsNoAttachments } from './destination-name.ts'
import { type FoundImage, findImages } from './find-images.ts'
import type { SyncedImage, SyncOptions } from './sync-options.ts'

interface PlannedImage extends FoundImage {
  readonly destination: string
}

/**
 * Copies every image of a source to a destination, several repositories at a time, and tells in order what became of each. What is there already is
 * not moved again. Names are known, and found to be different, before the first byte moves.
 *
 * Where one fails, those under way are stopped, nothing more is begun, and its error is thrown; with `keepGoing` it is told like the
 * others, and the rest goes on.
 *
 * @example
 * for await (const { source, destination } of syncImages('docker://alpine', 's3://images/mirror/')) console.log(source, destination)
 *
 * @throws LadingError
 */
export async function* syncImages(
  source: string,
  destination: string,
  options: SyncOptions = {},
): AsyncGenerator<SyncedImage, void, undefined> {
  const { imagesAtOnce = 4, keepGoing = false, signal } = options
  if (!Number.isSafeInteger(imagesAtOnce) || imagesAtOnce < 1)
    throw new LadingError('bad-argument', `imagesAtOnce is ${imagesAtOnce}; it must be 1 or more`)
  const listen = options.onEvent ?? (() => {})
  await using shared = openShared(listen, options)
  const nameOf = destinationName(destination, options)
  const { failed, planned } = await interruptible(signal, async () => {
    // each copy obeys it; one that cannot be used is no failure of an image
    await readPolicy(options.policy ?? {}, process.env)
    const warn = (message: string) => listen({ type: 'warning', message })
    const carriesAttachments = options.referrers !== false && !holdsNoAttachments(destination, options)
    const found = await Array.fromAsync(findImages(source, { carriesAttachments, shared, options, warn }))
    return plan(found, nameOf)
  })
  yield* failed
  yield* copyAll(planned, { shared, options, imagesAtOnce, keepGoing })
}

/** Each image once. @throws LadingError `bad-argument` where two have one name at the destination */
function plan(found: readonly (FoundImage | SyncedImage)[], nameOf: (name: string) => string) {
  const failed: SyncedImage[] = []
  const planned = new Map<string, PlannedImage>()
  for (const image of found) {
    if (!('name' in image)) {
      failed.push(image)
      continue
    }
    const destination = nameOf(image.name)
    const other = planned.get(destination)
    if (other !== undefined && other.source !== image.source) {
      throw new LadingError('bad-argument', `${other.source} and ${image.source} would both be ${destination}`, {
        hint: '--scoped keeps the whole name of each',
      })
    }
    planned.set(destination, { ...image, destination })
  }
  return { failed, planned: [...planned.values()] }
}

interface Run {
  readonly shared: Shared
  readonly options: SyncOptions
  readonly imagesAtOnce: number
  readonly keepGoing: boolean
}

async function* copyAll(images: readonly PlannedImage[], run: Run): AsyncGenerator<SyncedImage, void, undefined> {
  const { shared, options, imagesAtOnce, keepGoing } = run
  const controller = new AbortController()
  const signal = AbortSignal.any([controller.signal, ...(options.signal === undefined ? [] : [options.signal])])
  let failure: { readonly error: unknown } | undefined

  async function copy({ source, destination, server }: PlannedImage): Promise<SyncedImage> {
    const sourceServer = server ?? options.sourceServer
    try {
      const result = await copyImageOver(shared, source, destination, { ...options, sourceServer, signal })
      return { source, destination, result }
    } catch (error) {
      if (keepGoing && !signal.aborted && isLadingError(error)) return { source, destination, error }
      // those that it stops fail because of it
      failure ??= { error }
      controller.abort()
      throw error
    }
  }

  // Images of one repository have layers in common, which are moved once; and distribution 2.8 refuses what is pushed there twice at once.
  const lines = new Map<string, Promise<unknown>>()
  function copyInLine(image: PlannedImage): Promise<SyncedImage> {
    const repository = formatRepository(parseReference(image.destination))
    const before = lines.get(repository) ?? Promise.resolve()
    const copied = before.then(() => copy(image))
    lines.set(
      repository,
      copied.catch(() => {}),
    )
    return copied
  }

  async function* inOrder() {
    yield* images
  }
  try {
    yield* mapInOrder(inOrder(), imagesAtOnce, copyInLine)
  } catch (error) {
    throw failure === undefined ? error : failure.error
  }
}
