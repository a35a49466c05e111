import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import { shownName } from './entry-name.ts'
import { type HeaderBlock, parseHeaderBlock } from './header-block.ts'
import { textField } from './header-fields.ts'
import { type PaxRecords, parsePaxRecords } from './pax-records.ts'
import { blockBytes, paddingOf, type TarEntryType, type TarHeader } from './tar-header.ts'

/** Where headers are read from: a stream, or a file of which the rest is skipped. */
export interface HeaderSource {
  /** Of the next byte. */
  readonly position: number
  /** The next bytes, in memory. Fewer only where the archive ends. */
  take(size: number): Promise<Uint8Array>
}

/** A long name or the records of one entry. Those of real archives have a few hundred bytes. */
const maxExtensionBytes = limits.tarHeaderBytes
const gnuSparseMapMoreAt = 504

const types: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  S: 'sparse',
}
/** Entries without bytes, whatever their size field says: links, devices, folders, pipes. Go's archive/tar reads them so too. */
const withoutBody = '123456'

/**
 * Reads headers, with what the extended ones before an entry say of it: ustar, what came before it, pax, and GNU's.
 *
 * Whoever reads MUST pass the body and its padding before the next header.
 */
export class HeaderReader {
  readonly #source: HeaderSource
  #global: PaxRecords = new Map()

  constructor(source: HeaderSource) {
    this.#source = source
  }

  /**
   * The header of the next entry, or `undefined` after the last one: at two blocks of zeros, or where the archive ends without them.
   *
   * @throws LadingError `bad-archive`
   */
  async next(): Promise<TarHeader | undefined> {
    let own: PaxRecords | undefined
    let longName: string | undefined
    let longLink: string | undefined
    for (;;) {
      const position = this.#source.position
      const block = await this.#block()
      if (block === undefined) {
        if (own !== undefined || longName !== undefined || longLink !== undefined)
          throw new LadingError('bad-archive', `the archive ends at byte ${position}, after half of a header`)
        return undefined
      }
      if (block.flag === 'x') own = parsePaxRecords(await this.#extension(block, position), position)
      else if (block.flag === 'g')
        this.#global = new Map([...this.#global, ...parsePaxRecords(await this.#extension(block, position), position)])
      else if (block.flag === 'L') longName = textField(await this.#extension(block, position))
      else if (block.flag === 'K') longLink = textField(await this.#extension(block, position))
      else {
        const header = combine(block, new Map([...this.#global, ...(own ?? [])]), longName, longLink, position)
        if (block.flag === 'S' && block.moreSparse) await this.#passSparseMap(header)
        return header
      }
    }
  }

  async #block(): Promise<HeaderBlock | undefined> {
    const position = this.#source.position
    const block = await this.#source.take(blockBytes)
    if (block.byteLength === 0) {
      if (position === 0) throw new LadingError('bad-archive', 'it is empty, not a tar archive')
      return undefined
    }
    if (block.byteLength < blockBytes) {
      throw new LadingError(
        'bad-archive',
        position === 0
          ? 'it is not a tar archive'
          : `the archive is cut off: it ends within the header at byte ${position}`,
      )
    }
    if (!isZero(block)) return parseHeaderBlock(block, position)
    if (isZero(await this.#source.take(blockBytes))) return undefined
    throw new LadingError('bad-archive', `the block of zeros at byte ${position} has something after it`)
  }

  async #extension(block: HeaderBlock, position: number): Promise<Uint8Array> {
    const { size } = block
    if (!(size >= 0 && size <= maxExtensionBytes)) {
      throw new LadingError(
        'bad-archive',
        `the extended header at byte ${position} is longer than ${maxExtensionBytes} bytes`,
      )
    }
    const bytes = await this.#source.take(size + paddingOf(size))
    if (bytes.byteLength >= size) return bytes.subarray(0, size)
    throw new LadingError(
      'bad-archive',
      `the archive is cut off: it ends within the extended header at byte ${position}`,
    )
  }

  /** The rest of the map that GNU tar puts between the header of a sparse file and its bytes. */
  async #passSparseMap({ name }: TarHeader): Promise<void> {
    for (let more = true; more; ) {
      const block = await this.#source.take(blockBytes)
      if (block.byteLength < blockBytes)
        throw new LadingError('bad-archive', `the archive is cut off: it ends within ${shownName(name)}`)
      more = (block[gnuSparseMapMoreAt] ?? 0) !== 0
    }
  }
}

function combine(
  block: HeaderBlock,
  pax: PaxRecords,
  longName: string | undefined,
  longLink: string | undefined,
  position: number,
): TarHeader {
  // An empty value is as good as none: it takes back what a global header said.
  const name = longName ?? (pax.get('GNU.sparse.name') || pax.get('path') || block.name)
  const linkName = longLink ?? (pax.get('linkpath') || block.linkName)
  const isFolder = block.flag === '\0' && name.endsWith('/')
  const sparse = [...pax].some(([key, value]) => key.startsWith('GNU.sparse.') && value !== '')
  const known = isFolder ? 'directory' : (types[block.flag] ?? 'other')
  const type = known === 'file' && sparse ? 'sparse' : known
  const size = withoutBody.includes(block.flag) || isFolder ? 0 : sizeOf(block, pax, name, position)
  const { mode } = block
  return {
    name,
    type,
    size,
    ...(type === 'symlink' || type === 'hardlink' ? { linkName } : {}),
    ...(mode >= 0 ? { mode } : {}),
  }
}

function sizeOf(block: HeaderBlock, pax: PaxRecords, name: string, position: number): number {
  const said = pax.get('size') || undefined
  const size = said === undefined ? block.size : /^\d{1,20}$/.test(said) ? Number(said) : Number.NaN
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw new LadingError('bad-archive', `the header at byte ${position}, of ${shownName(name)}, has a size that is none`)
}

function isZero(block: Uint8Array): boolean {
  return block.every(byte => byte === 0)
}
