import { withForeignLayers } from '../../copy/foreign-source.ts'
import type { Session } from '../../copy/session.ts'
import { sourceSide } from '../../copy/sides.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { bucketSchemes, type ImageSource, openSource, parseReference } from '../../transports/index.ts'

/** A place that may still have what a bucket lacks. */
export interface RepairSource {
  readonly name: string
  /** Opens it when it is first asked for. @throws LadingError what opening it throws, each time */
  open(): Promise<ImageSource>
}

/** The places that are searched, in their order. */
export interface RepairSources extends AsyncDisposable {
  /** Every image is looked for in the same places: what one of them lacked, the next one need not ask for. */
  readonly areFixed: boolean
  /** Those for one image; MUST be closed. What ends in `/` is a prefix, and the image is looked for behind it by its name and tag. */
  of(image: string, tag: string | undefined): readonly RepairSource[] & AsyncDisposable
}

/** @throws LadingError `bad-argument`, `bad-reference`, `unsupported`, and where one of them cannot be opened */
export async function openRepairSources(from: readonly string[], session: Session): Promise<RepairSources> {
  if (from.length === 0) throw new LadingError('bad-argument', 'no source is named', { hint: 'name one with --from' })
  const places = from.map(place => ({ place, isPrefix: isPrefix(place) }))
  for (const { place, isPrefix } of places) parseReference(isPrefix ? behind(place, 'image', 'tag') : place)
  const fixed = new Map<string, RepairSource & AsyncDisposable>()
  const close = () => closeAll([...fixed.values()])
  try {
    for (const { place, isPrefix } of places) {
      if (isPrefix || fixed.has(place)) continue
      const source = lazySource(place, session)
      fixed.set(place, source)
      await source.open()
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    areFixed: places.every(({ isPrefix }) => !isPrefix),
    of(image, tag) {
      const own: AsyncDisposable[] = []
      const sources = places.flatMap(({ place, isPrefix }): RepairSource[] => {
        const opened = fixed.get(place)
        if (!isPrefix) return opened === undefined ? [] : [opened]
        if (tag === undefined) return []
        const source = lazySource(behind(place, image, tag), session)
        own.push(source)
        return [source]
      })
      return Object.assign(sources, { [Symbol.asyncDispose]: () => closeAll(own) })
    },
    [Symbol.asyncDispose]: close,
  }
}

/** What ends in `/`, and a bucket without an image. */
function isPrefix(place: string): boolean {
  const scheme = bucketSchemes.find(one => place.startsWith(`${one}://`))
  return place.endsWith('/') || (scheme !== undefined && !/[:@]/.test(place.slice(place.lastIndexOf('/'))))
}

function behind(place: string, image: string, tag: string): string {
  return `${place}${place.endsWith('/') ? '' : '/'}${image}:${tag}`
}

function lazySource(place: string, session: Session): RepairSource & AsyncDisposable {
  let opened: Promise<ImageSource> | undefined
  return {
    name: place,
    open() {
      opened ??= openRandomAccess(place, session)
      return opened
    },
    async [Symbol.asyncDispose]() {
      // why it could not be opened was said to whoever asked
      const source = await opened?.catch(() => undefined)
      await source?.[Symbol.asyncDispose]()
    },
  }
}

async function openRandomAccess(place: string, session: Session): Promise<ImageSource> {
  const context = session.context('source')
  try {
    const source = sourceSide(await openSource(parseReference(place), context))
    if (source.traits.order === 'any') return withForeignLayers(source, context.http)
    await source[Symbol.asyncDispose]()
  } catch (error) {
    throw isLadingError(error) ? error.with({ side: 'source', subject: place, operation: 'open' }) : error
  }
  throw new LadingError(
    'unsupported',
    'it is read once from its start to its end, and single blobs cannot be fetched',
    {
      side: 'source',
      subject: place,
      hint: `copy it to where they can, and repair from there: lading copy ${place} oci:DIR:NAME`,
    },
  )
}

async function closeAll(sources: readonly AsyncDisposable[]): Promise<void> {
  for (const source of sources) await source[Symbol.asyncDispose]()
}
