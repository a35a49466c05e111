import type { RandomAccess } from '../../src/streams/index.ts'
import { indexTar, openTarIndex, readTar } from '../../src/streams/tar/index.ts'
import { inChunks } from '../../src/testing/archive-readers.ts'
import type { ArrivingArchive } from '../../src/transports/archive/open-archive.ts'

interface ArchiveInMemory {
  readonly file: RandomAccess
  /** Asks for every name. */
  index(): Promise<void>
  arriving(): ArrivingArchive
}

/** Bytes as a file, and as an archive that comes once. */
export function inMemory(bytes: Uint8Array): ArchiveInMemory {
  const file: RandomAccess = {
    size: bytes.byteLength,
    async *read(start, end) {
      if (end > bytes.byteLength || start > end)
        throw new Error(`${start} to ${end} of ${bytes.byteLength} were asked for`)
      yield bytes.subarray(start, end)
    },
  }
  return {
    file,
    async index() {
      const index = openTarIndex(await indexTar(file))
      for (const name of index.names()) index.find(name)
    },
    arriving: () => ({
      kind: 'arriving',
      entries: () => readTar(inChunks(bytes)),
      [Symbol.asyncDispose]: async () => {},
    }),
  }
}
