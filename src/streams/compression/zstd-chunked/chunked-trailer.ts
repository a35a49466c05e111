import type { CompressedBytes } from './compressed-document.ts'

const current = 'io.github.containers.zstd-chunked'
/** What podman up to 4.3 knows. What is newer does not look at it. */
const former = 'io.containers.zstd-chunked'

/** What the manifest says of a layer, so that a reader finds the table of contents and can trust it. */
export type ChunkedAnnotations = Readonly<
  Record<
    | `${typeof current | typeof former}.${'manifest-checksum' | 'manifest-position'}`
    | `${typeof current}.tarsplit-position`,
    string
  >
>

const skippableMagic = 0x184d2a50
const skippableHeaderBytes = 8
/** The type of the table: that of CRFS, the only one. */
const tableType = 1
const footerMagic = 'GNUlInUx'

/** The frames that plain zstd skips: the table of contents, tar-split's document, and a footer that says where the two are. */
export function chunkedTrailer(
  position: number,
  table: CompressedBytes,
  tarSplit: CompressedBytes,
): { readonly frames: readonly Uint8Array[]; readonly annotations: ChunkedAnnotations } {
  const tableAt = position + skippableHeaderBytes
  const tarSplitAt = tableAt + table.bytes.byteLength + skippableHeaderBytes
  const tablePlace = [tableAt, table.bytes.byteLength, table.uncompressedSize, tableType]
  const tarSplitPlace = [tarSplitAt, tarSplit.bytes.byteLength, tarSplit.uncompressedSize]
  const footer = Buffer.alloc(64)
  for (const [at, value] of [...tablePlace, ...tarSplitPlace].entries()) footer.writeBigUInt64LE(BigInt(value), at * 8)
  footer.write(footerMagic, 56, 'latin1')
  return {
    frames: [table.bytes, tarSplit.bytes, footer].map(skippableFrame),
    annotations: {
      [`${current}.manifest-checksum`]: table.digest,
      [`${current}.manifest-position`]: tablePlace.join(':'),
      [`${current}.tarsplit-position`]: tarSplitPlace.join(':'),
      [`${former}.manifest-checksum`]: table.digest,
      [`${former}.manifest-position`]: tablePlace.join(':'),
    },
  }
}

/** RFC 8878, 3.1.2. */
function skippableFrame(content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(skippableHeaderBytes)
  header.writeUInt32LE(skippableMagic, 0)
  header.writeUInt32LE(content.byteLength, 4)
  return Buffer.concat([header, content])
}
