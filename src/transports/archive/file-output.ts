import { type FileHandle, link, open, rename } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { syncDirectory } from '../../stores/local/object-directory.ts'
import { removeTemporary } from '../../stores/local/remove-temporary.ts'
import { sweepTemporary, temporaryName } from '../../stores/local/temporary-file.ts'
import { type ByteStream, randomAccessFile } from '../../streams/index.ts'
import { fileSink, openTarWriter, type TarFileWriter } from '../../streams/tar/index.ts'

/** An archive that is being written beside the place that it will have. What is not published is removed by disposing of it. */
export interface FileOutput extends AsyncDisposable {
  readonly writer: TarFileWriter
  /** What was written already. */
  read(start: number, end: number, signal?: AbortSignal): ByteStream
  /**
   * Ends the archive, makes it durable and gives it its name. Whoever opens the name gets the old file or the new one, each whole.
   *
   * @throws LadingError `tag-exists` where `exclusive` and there is a file
   */
  publish(options: { readonly exclusive: boolean }): Promise<void>
}

const prefix = '.lading-archive-'

/** Also removes what killed runs have left there. */
export async function openFileOutput(target: string): Promise<FileOutput> {
  const directory = path.dirname(target)
  const details = { operation: 'write', subject: target }
  const atFile = async <T>(step: () => Promise<T>): Promise<T> => {
    try {
      return await step()
    } catch (error) {
      throw fromFileError(error, details)
    }
  }
  const temporary = path.join(directory, `${prefix}${await temporaryName()}`)
  const handle = await create(temporary, target)
  await sweepTemporary(directory, prefix).catch(() => {}) // a directory that cannot be listed can be written to
  const writer = openTarWriter(fileSink(handle))
  let state: 'open' | 'published' | 'closed' = 'open'
  return {
    writer,
    read: (start, end, signal) => randomAccessFile(handle, end).read(start, end, signal),
    async publish({ exclusive }) {
      await writer.finish()
      await atFile(async () => {
        await handle.sync()
        if (exclusive) await linkNew(temporary, target)
        else await rename(temporary, target)
        state = 'published'
        if (exclusive) await removeTemporary(temporary)
        await syncDirectory(directory)
      })
    },
    async [Symbol.asyncDispose]() {
      if (state === 'closed') return
      const unpublished = state === 'open'
      state = 'closed'
      // What was published is durable already.
      await handle.close().catch(() => {})
      if (unpublished) await atFile(() => removeTemporary(temporary))
    },
  }
}

async function create(temporary: string, target: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx+')
  } catch (error) {
    const hint = systemCode(error) === 'ENOENT' ? `make the directory ${path.dirname(target)} first` : undefined
    throw fromFileError(error, { operation: 'write', subject: target, hint })
  }
}

async function linkNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    throw new LadingError('tag-exists', `${target} exists`, { hint: 'choose another path', cause: error })
  }
}
