import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import type { ByteStream } from '../../streams/index.ts'

/** A file of a squashfs. Names are bytes. */
export interface SquashEntry {
  /** Without a leading slash; of the root, empty. */
  readonly name: Uint8Array
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo' | 'socket'
  readonly mtime: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of a file's content. */
  readonly size: number
  readonly linkName?: Uint8Array
  readonly device?: readonly [major: number, minor: number]
  readonly attributes: ReadonlyMap<string, Uint8Array>
}

export interface PseudoFile {
  readonly entries: readonly SquashEntry[]
  /** The content of all files, in the order of the entries. */
  readonly content: ByteStream
}

const marker = Buffer.from('#\n# START OF DATA - DO NOT MODIFY\n#\n')
const maxEntries = limits.tarEntries
const maxDefinitionBytes = 1024 * 1024
const [newline, space, backslash, hash] = [0x0a, 0x20, 0x5c, 0x23]

/**
 * Reads what `unsquashfs -pf` writes: a line for each file (squashfs-tools, "Pseudo file definitions"), and then the content of all.
 *
 * @throws LadingError `bad-archive`
 */
export async function readPseudoFile(stream: ByteStream): Promise<PseudoFile> {
  const iterator = stream[Symbol.asyncIterator]()
  const entries: SquashEntry[] = []
  let rest = Buffer.alloc(0)
  let contentBytes = 0
  const finish = (content: ByteStream): PseudoFile => ({ entries: linked(entries), content })
  for (;;) {
    let at = 0
    while (at < rest.byteLength) {
      if (rest[at] === hash && isPrefix(rest.subarray(at), marker)) {
        if (rest.byteLength - at < marker.byteLength) break
        return finish(remaining(rest.subarray(at + marker.byteLength), iterator))
      }
      const end = endOfDefinition(rest, at)
      if (end === undefined) break
      const line = rest.subarray(at, end - 1)
      at = end
      if (isComment(line)) continue
      const added = addDefinition(entries, line, contentBytes)
      contentBytes += added
      if (entries.length > maxEntries) throw bad(`it has more than ${maxEntries} files`)
    }
    rest = rest.subarray(at)
    if (rest.byteLength > maxDefinitionBytes) throw bad('a file in it has a definition of more than 1 MiB')
    const next = await iterator.next()
    if (next.done) {
      if (rest.byteLength > 0) throw bad('the list of its files is cut off')
      return finish(remaining(rest, iterator))
    }
    rest = Buffer.concat([rest, next.value])
  }
}

function isPrefix(bytes: Uint8Array, whole: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, whole.byteLength), whole.subarray(0, bytes.byteLength)) === 0
}

/** `# …`: a file whose name begins so has the space escaped. */
function isComment(line: Uint8Array): boolean {
  return line[0] === hash && (line.byteLength === 1 || line[1] === space)
}

async function* remaining(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): ByteStream & AsyncGenerator<Uint8Array> {
  try {
    if (first.byteLength > 0) yield first
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

/** The byte after the newline that ends it. Only a name, and so a hard link's target, has its newlines escaped. */
function endOfDefinition(bytes: Uint8Array, start: number): number | undefined {
  const nameEnd = endOfName(bytes, start)
  if (bytes[nameEnd] === newline) return nameEnd + 1
  const from = nameEnd + 1
  const isHardLink = bytes[from] === 0x4c && bytes[from + 1] === space
  const end = isHardLink ? endOfName(bytes, from + 2, [newline]) : bytes.indexOf(newline, from)
  return end === -1 || end >= bytes.byteLength ? undefined : end + 1
}

function endOfName(bytes: Uint8Array, start: number, ends: readonly number[] = [space, newline]): number {
  let at = start
  while (at < bytes.byteLength && !ends.includes(bytes[at] ?? 0)) at += bytes[at] === backslash ? 2 : 1
  return at
}

function unescapeName(bytes: Uint8Array): Uint8Array {
  const name = Buffer.alloc(bytes.byteLength)
  let size = 0
  for (let at = 0; at < bytes.byteLength; at += 1) {
    if (bytes[at] === backslash) at += 1
    name[size++] = bytes[at] ?? 0
  }
  return name.subarray(name[0] === 0x2f ? 1 : 0, size)
}

/** @returns the bytes of content that the file adds */
function addDefinition(entries: SquashEntry[], line: Uint8Array, position: number): number {
  const end = endOfName(line, 0)
  const name = unescapeName(line.subarray(0, end))
  const rest = line.subarray(end + 1)
  const type = String.fromCharCode(rest[0] ?? 0)
  if (type === 'x') {
    const owner = entries.at(-1)
    if (owner === undefined || Buffer.compare(owner.name, name) !== 0)
      throw bad('an attribute in it belongs to no file')
    addAttribute(owner, rest.subarray(2))
    return 0
  }
  const entry = type === 'L' ? hardLink(name, rest.subarray(2)) : parseEntry(name, rest, position)
  if (entry.name.byteLength > 0 && !isPlain(entry.name)) throw bad(`it has a file named ${shown(entry.name)}`)
  entries.push(entry)
  return entry.size
}

function hardLink(name: Uint8Array, target: Uint8Array): SquashEntry {
  const linkName = unescapeName(target)
  if (!isPlain(linkName)) throw bad(`it has a link to ${shown(linkName)}`)
  return { name, type: 'hardlink', linkName, mtime: 0, mode: 0o644, uid: 0, gid: 0, size: 0, attributes: new Map() }
}

/** A hard link has what its file has: some that unpack a layer give the file what stands at its last name. */
function linked(entries: readonly SquashEntry[]): readonly SquashEntry[] {
  if (!entries.some(({ type }) => type === 'hardlink')) return entries
  const key = (name: Uint8Array) => Buffer.from(name).toString('latin1')
  const files = new Map(entries.map(entry => [key(entry.name), entry]))
  return entries.map(entry => {
    if (entry.type !== 'hardlink' || entry.linkName === undefined) return entry
    const file = files.get(key(entry.linkName))
    if (file === undefined || file.type === 'hardlink') throw bad(`it has a link to ${shown(entry.linkName)}`)
    const { mtime, mode, uid, gid } = file
    return { ...entry, mtime, mode, uid, gid }
  })
}

const types = { R: 'file', D: 'directory', S: 'symlink', C: 'character', B: 'block', I: 'special' } as const

/** `TYPE TIME MODE UID GID` and what the type needs. */
function parseEntry(name: Uint8Array, rest: Uint8Array, position: number): SquashEntry {
  const malformed = () => bad(`its file ${shown(name)} is described in a way that is not known`)
  const text = Buffer.from(rest).toString('latin1')
  const match = /^([RDSCBI]) (\d{1,12}) ([0-7]{1,4}) (\d{1,10}) (\d{1,10})(?: |$)/.exec(text)
  if (match === null) throw malformed()
  const [head, letter, mtime, mode, uid, gid] = match
  const last = text.slice(head.length)
  const numbers = last.split(' ').map(Number)
  const [first = Number.NaN, second = Number.NaN] = numbers
  const kind = types[letter as keyof typeof types]
  const same = {
    name,
    mtime: Number(mtime),
    mode: Number.parseInt(mode ?? '', 8),
    uid: Number(uid),
    gid: Number(gid),
    size: 0,
    attributes: new Map<string, Uint8Array>(),
  }
  switch (kind) {
    case 'file':
      if (!Number.isSafeInteger(first) || first < 0 || second !== position) throw malformed()
      return { ...same, type: 'file', size: first }
    case 'directory':
      return { ...same, type: 'directory' }
    case 'symlink':
      return { ...same, type: 'symlink', linkName: rest.subarray(head.length) }
    case 'special':
      if (last !== 'f' && last !== 's') throw malformed()
      return { ...same, type: last === 'f' ? 'fifo' : 'socket' }
    default:
      if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second)) throw malformed()
      return { ...same, type: kind, device: deviceNumbers(first, second) }
  }
}

/**
 * unsquashfs takes the number apart in the old way, where a minor number has 8 bits. Linux has 12 for the major one, and the upper 12
 * of the minor one stand above them.
 */
function deviceNumbers(major: number, minor: number): readonly [number, number] {
  if (minor > 0xff) return [major, minor]
  return [major & 0xfff, (((major >>> 12) & 0xfff) << 8) | minor]
}

/** `name=value`; the value is as it is, or encoded after `0t` (with octal escapes), `0s` (base 64) or `0x`. */
function addAttribute(owner: SquashEntry, text: Uint8Array): void {
  const equals = text.indexOf(0x3d)
  if (equals < 1) throw bad(`its file ${shown(owner.name)} has a malformed attribute`)
  const name = Buffer.from(text.subarray(0, equals)).toString('utf8')
  const value = Buffer.from(text.subarray(equals + 1)).toString('latin1')
  const attributes = owner.attributes as Map<string, Uint8Array> // made above, and seen by nobody yet
  attributes.set(name, decodeAttribute(value))
}

function decodeAttribute(value: string): Uint8Array {
  const body = value.slice(2)
  if (value.startsWith('0s')) return Buffer.from(body, 'base64')
  if (value.startsWith('0x')) return Buffer.from(body, 'hex')
  if (!value.startsWith('0t')) return Buffer.from(value, 'latin1')
  const octal = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))
  return Buffer.from(body.replace(/\\([0-3][0-7]{2})/g, octal), 'latin1')
}

/** No name leads out of the image. */
function isPlain(name: Uint8Array): boolean {
  const parts = Buffer.from(name).toString('latin1').split('/')
  return parts.every(part => part !== '' && part !== '.' && part !== '..')
}

function shown(name: Uint8Array): string {
  return JSON.stringify(Buffer.from(name).toString('utf8').slice(0, 200))
}

function bad(why: string): LadingError {
  return new LadingError('bad-archive', `the file system of the image cannot be read: ${why}`)
}
