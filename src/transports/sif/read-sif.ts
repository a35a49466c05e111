import { LadingError } from '../../errors/index.ts'
import { type RandomAccess, readAll } from '../../streams/index.ts'

/** What is read of a SIF file: the format is that of github.com/sylabs/sif, version 01. Numbers are little-endian. */
export interface SifFile {
  /** As Go names it, or `unknown`. */
  readonly architecture: string
  readonly id: string
  /** In seconds since 1970. */
  readonly modified: number
  /** The file system that a container of it runs in. */
  readonly fileSystem: Extent
  /** What the image was built from. */
  readonly definition?: string
}

interface Extent {
  readonly offset: number
  readonly size: number
}

const headerBytes = 128
const magic = 'SIF_MAGIC\0'
const version = '01\0'
const architectures = [
  'unknown',
  '386',
  'amd64',
  'arm',
  'arm64',
  'ppc64',
  'ppc64le',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  's390x',
  'riscv64',
  'loong64',
]

const descriptorBytes = 585
/** A file has 48 unless its maker said otherwise. */
const maxDescriptors = 10_000
const maxDefinitionBytes = 1024 * 1024
const definitionType = 0x4001
const partitionType = 0x4004
const ociIndexType = 0x400a
const primarySystem = 2
const squashfs = 1
const encryptedSquashfs = 5

/** A descriptor that is in use. */
interface SifObject extends Extent {
  readonly type: number
  readonly fileSystemType: number
  readonly partition: number
}

/** @throws LadingError `bad-archive`; `unsupported` for a file that holds no such file system */
export async function readSif(file: RandomAccess, signal?: AbortSignal): Promise<SifFile> {
  if (file.size < headerBytes) throw bad('it is too short')
  const header = view(await readPart(file, { offset: 0, size: headerBytes }, signal))
  const text = (start: number, end: number) => Buffer.from(header.buffer, start, end - start).toString('latin1')
  if (text(32, 42) !== magic) throw bad('it does not begin as one')
  if (text(42, 45) !== version) throw bad(`its version is ${JSON.stringify(text(42, 44))}, and 01 is known`)
  const count = integer(header, 88)
  const table = { offset: integer(header, 96), size: count * descriptorBytes }
  if (!(count <= maxDescriptors) || !isWithin(table, file)) throw bad('its table of objects is not within the file')
  const objects = readObjects(view(await readPart(file, table, signal)), count)
  const definitions = objects.filter(({ type }) => type === definitionType)
  return {
    architecture: architectures[Number(text(45, 47))] ?? 'unknown',
    id: formatId(Buffer.from(header.buffer, 48, 16).toString('hex')),
    modified: integer(header, 72),
    fileSystem: findFileSystem(objects, file),
    ...(definitions[0] === undefined || definitions.length > 1
      ? {}
      : { definition: await readDefinition(file, definitions[0], signal) }),
  }
}

function readObjects(table: DataView, count: number): SifObject[] {
  return Array.from({ length: count }, (_, at) => at * descriptorBytes)
    .filter(start => table.getUint8(start + 4) !== 0)
    .map(start => ({
      type: table.getInt32(start, true),
      offset: integer(table, start + 17),
      size: integer(table, start + 25),
      fileSystemType: table.getInt32(start + 201, true),
      partition: table.getInt32(start + 205, true),
    }))
}

function findFileSystem(objects: readonly SifObject[], file: RandomAccess): Extent {
  const found = objects.filter(({ type, partition }) => type === partitionType && partition === primarySystem)
  const [system] = found
  if (system === undefined || found.length > 1) {
    if (objects.some(({ type }) => type === ociIndexType)) {
      throw new LadingError('unsupported', 'it holds an OCI image with layers of its own kind, and no file system', {
        hint: 'build it without --oci, or push it with the tool that made it',
      })
    }
    throw bad(system === undefined ? 'it has no primary file system' : 'it has several primary file systems')
  }
  if (system.fileSystemType === encryptedSquashfs)
    throw new LadingError('unsupported', 'its file system is encrypted', { hint: 'build the image unencrypted' })
  if (system.fileSystemType !== squashfs)
    throw new LadingError('unsupported', `its file system is of type ${system.fileSystemType}, and not squashfs`)
  if (!isWithin(system, file)) throw bad('its file system is not within the file: it is cut off')
  return { offset: system.offset, size: system.size }
}

async function readDefinition(
  file: RandomAccess,
  { offset, size }: Extent,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (size > maxDefinitionBytes || !isWithin({ offset, size }, file)) throw bad('its definition is not within the file')
  return new TextDecoder().decode(await readPart(file, { offset, size }, signal))
}

function readPart(file: RandomAccess, { offset, size }: Extent, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return readAll(file.read(offset, offset + size, signal), size, 'a part of the file')
}

/** Exact up to 2^53, which no file reaches; NaN for what is negative or beyond. */
function integer(data: DataView, at: number): number {
  const value = data.getBigInt64(at, true)
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN
}

function isWithin({ offset, size }: Extent, file: RandomAccess): boolean {
  return offset + size <= file.size
}

/** A view whose buffer begins where the bytes do. */
function view(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(new Uint8Array(bytes).buffer)
}

function formatId(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function bad(why: string): LadingError {
  return new LadingError('bad-archive', `it is not a SIF file that can be read: ${why}`)
}
