import { createDraft, readAll } from '../streams/index.ts'
import { indexTar, openTarIndex, readTar } from '../streams/tar/index.ts'
import type { ArchiveFiles } from '../transports/docker-image/archive-files.ts'
import { collectDockerArchive } from '../transports/docker-image/collect-docker-archive.ts'
import { seekableFiles } from '../transports/docker-image/seekable-files.ts'
import type { TakeLayer } from '../transports/index.ts'

export async function* inChunks(bytes: Uint8Array, size = 700) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

export const readLayer: TakeLayer = async ({ body }) => {
  const draft = createDraft(body)
  await readAll(draft.read(), 1e9, 'a layer')
  return draft.digest()
}

export const archiveReaders: Record<string, (archive: Uint8Array, take?: TakeLayer) => Promise<ArchiveFiles>> = {
  async 'of which any part can be read'(archive) {
    const file = {
      size: archive.byteLength,
      async *read(start: number, end: number) {
        yield archive.subarray(start, end)
      },
    }
    return seekableFiles(file, openTarIndex(await indexTar(file)))
  },
  'that comes once': (archive, take = readLayer) => collectDockerArchive(readTar(inChunks(archive)), take),
}
