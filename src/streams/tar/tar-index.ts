import { LadingError } from '../../errors/index.ts'
import { cleanName, shownName } from './entry-name.ts'
import type { LocatedEntry } from './index-tar.ts'
import type { TarHeader } from './tar-header.ts'

/** Where the bytes of a file lie in an archive. */
export interface FileExtent {
  readonly start: number
  readonly size: number
}

export interface TarIndex {
  /**
   * The file that has this name when everything is unpacked: the last entry of a name counts, links are followed.
   *
   * @throws LadingError `bad-archive` where the name is there and is no file whose bytes the archive has
   */
  find(name: string): FileExtent | undefined
  /** Of the files and links, as paths. */
  names(): Iterable<string>
}

/** What a name stands for. A hard link stands for what its target was when the link came. */
type Place =
  | { readonly kind: 'file'; readonly extent: FileExtent }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'wrong'; readonly why: string }

/** As many as Linux follows. */
const maxHops = 40
/** Deeper or longer names can be in an archive, but cannot be asked for. */
const maxParts = 32
const maxNameLength = 4096

/** Resolves names in an archive as an unpacking would, and never leads out of it. */
export function openTarIndex(entries: Iterable<LocatedEntry>): TarIndex {
  const places = new Map<string, Place>()
  let links = 0

  /** The path that a path is, once the links among its folders are followed, and with `last` itself too. */
  const follow = (path: string, last: boolean): string | undefined => {
    if (links === 0) return path
    let parts = path.split('/')
    if (parts.length > maxParts) return undefined
    let hops = 0
    for (let at = 1; at <= (last ? parts.length : parts.length - 1); at += 1) {
      const place = places.get(parts.slice(0, at).join('/'))
      if (place?.kind !== 'link') continue
      hops += 1
      if (hops > maxHops || parts.length > maxParts)
        throw new LadingError('bad-archive', `${shownName(path)} is a link that leads in a circle`)
      const next = linked(parts.slice(0, at - 1), place.target, parts.slice(at))
      if (next === undefined)
        throw new LadingError('bad-archive', `${shownName(path)} is a link that leads out of the archive`)
      parts = next.split('/')
      at = 0
    }
    return parts.join('/')
  }
  const placeOf = (name: string, last: boolean): Place | undefined => {
    const path = cleanName(name)
    const real = path === undefined ? undefined : follow(path, last)
    return real === undefined ? undefined : places.get(real)
  }
  const hardLinked = (target: string): Place => {
    const broken: Place = { kind: 'wrong', why: 'is a link to an entry that does not come before it' }
    try {
      return placeOf(target, false) ?? broken
    } catch {
      return broken
    }
  }
  const add = ({ header, start }: LocatedEntry): void => {
    const path = header.name.length > maxNameLength ? undefined : cleanName(header.name)
    const real = path === undefined ? undefined : parentFollowed(path)
    if (real === undefined) return
    const before = places.get(real)
    const place = header.type === 'hardlink' ? hardLinked(header.linkName ?? '') : placeFor(header, start)
    if (place === undefined) places.delete(real)
    else places.set(real, place)
    links += Number(place?.kind === 'link') - Number(before?.kind === 'link')
  }
  /** An entry below a link that leads nowhere cannot be unpacked, and so is not there. */
  const parentFollowed = (path: string): string | undefined => {
    try {
      return follow(path, false)
    } catch {
      return undefined
    }
  }

  for (const entry of entries) add(entry)
  return {
    find(name) {
      const place = placeOf(name, true)
      if (place === undefined) return undefined
      if (place.kind === 'file') return place.extent
      throw new LadingError('bad-archive', `${shownName(name)} ${place.kind === 'wrong' ? place.why : 'is a link'}`)
    },
    names: () => places.keys(),
  }
}

function placeFor({ type, size, linkName = '' }: TarHeader, start: number): Place | undefined {
  if (type === 'file') return { kind: 'file', extent: { start, size } }
  if (type === 'symlink') return { kind: 'link', target: linkName }
  if (type === 'sparse') return { kind: 'wrong', why: 'is a sparse file, which cannot be read here' }
  return type === 'directory'
    ? undefined
    : { kind: 'wrong', why: 'is a device, a pipe or something else that is no file' }
}

/** `undefined` where it leads out of the archive, as every absolute link does when it is not unpacked to `/`. */
function linked(folder: readonly string[], target: string, rest: readonly string[]): string | undefined {
  return target.startsWith('/') ? undefined : cleanName([...folder, target, ...rest].join('/'))
}
