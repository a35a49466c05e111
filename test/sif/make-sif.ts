/** What stands in a SIF file that a test makes. Anything may be wrong. */
export interface SifRecipe {
  readonly fileSystem?: Uint8Array
  readonly definition?: string
  /** Two digits: 02 is amd64. */
  readonly architecture?: string
  /** 1 is squashfs. */
  readonly fileSystemType?: number
  /** 2 is the primary system. */
  readonly partition?: number
  /** Objects beside the others, by their type. */
  readonly others?: readonly number[]
}

const descriptors = 8
const descriptorBytes = 585
const tableStart = 4096
const dataStart = 12_288
const modified = 1_700_000_000n

/** Makes a SIF file as github.com/sylabs/sif describes it: header, table of objects, data. */
export function makeSif(recipe: SifRecipe): Uint8Array {
  const { fileSystem = new Uint8Array(), definition, architecture = '02' } = recipe
  const objects = [
    ...(definition === undefined ? [] : [{ type: 0x4001, bytes: Buffer.from(definition) }]),
    { type: 0x4004, bytes: Buffer.from(fileSystem) },
    ...(recipe.others ?? []).map(type => ({ type, bytes: Buffer.from('other') })),
  ]
  const head = Buffer.alloc(dataStart)
  head.write('#!/usr/bin/env run-singularity\n', 0)
  head.write(`SIF_MAGIC\0`, 32)
  head.write('01\0', 42)
  head.write(`${architecture}\0`, 45)
  Buffer.from('6ecc76b7a497412190bdff59b3efed94', 'hex').copy(head, 48)
  const longs = [
    modified,
    modified,
    descriptors - objects.length,
    descriptors,
    tableStart,
    descriptors * descriptorBytes,
  ]
  for (const [at, value] of longs.entries()) head.writeBigInt64LE(BigInt(value), 64 + at * 8)
  const data: Buffer[] = []
  let offset = dataStart
  for (const [at, { type, bytes }] of objects.entries()) {
    const start = tableStart + at * descriptorBytes
    head.writeInt32LE(type, start)
    head.writeUInt8(1, start + 4)
    for (const [field, value] of [at + 1, 0xf0000001, 0].entries()) head.writeUInt32LE(value, start + 5 + field * 4)
    for (const [field, value] of [offset, bytes.byteLength, bytes.byteLength].entries())
      head.writeBigInt64LE(BigInt(value), start + 17 + field * 8)
    if (type === 0x4004) {
      head.writeInt32LE(recipe.fileSystemType ?? 1, start + 201)
      head.writeInt32LE(recipe.partition ?? 2, start + 205)
      head.write(`${architecture}\0`, start + 209)
    }
    // A file system begins at a page.
    const padded = Buffer.alloc(Math.ceil(bytes.byteLength / 4096) * 4096)
    bytes.copy(padded)
    data.push(at === objects.length - 1 ? bytes : padded)
    offset += padded.byteLength
  }
  head.writeBigInt64LE(BigInt(dataStart), 112)
  head.writeBigInt64LE(BigInt(offset - dataStart), 120)
  return Buffer.concat([head, ...data])
}
