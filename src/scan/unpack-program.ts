import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, LadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'
import { type ByteStream, decompress } from '../streams/index.ts'
import { cleanName, readTar } from '../streams/tar/index.ts'

/**
 * Takes one program out of an archive whose bytes have been checked, and puts it under its name, whole or not at all.
 *
 * @throws LadingError `bad-archive` where it is not in there; `too-large`; `disk-full`, `io`
 */
export async function unpackProgram(archive: ByteStream, name: string, target: string): Promise<void> {
  for await (const { header, body } of readTar(decompress(archive, 'gzip'))) {
    if (header.type !== 'file' || cleanName(header.name) !== name) continue
    if (header.size > limits.scannerProgramBytes) {
      throw new LadingError('too-large', `${name} has more than ${limits.scannerProgramBytes} bytes`)
    }
    try {
      await mkdir(path.dirname(target), { recursive: true })
      return await writeProgram(body, target)
    } catch (error) {
      throw fromFileError(error, { operation: 'install', side: 'local', subject: target })
    }
  }
  throw new LadingError('bad-archive', `there is no ${name} in the archive`)
}

/** The name is given last: whoever runs the program has the old one or the new one. */
async function writeProgram(body: ByteStream, target: string): Promise<void> {
  const draft = path.join(path.dirname(target), `.lading-${randomUUID()}.tmp`)
  const file = await open(draft, 'wx', 0o700)
  try {
    await fill(file, body)
    await rename(draft, target)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

async function fill(file: FileHandle, body: ByteStream): Promise<void> {
  try {
    for await (const chunk of body) await file.writeFile(chunk)
    await file.chmod(0o755)
    await file.sync()
  } finally {
    await file.close()
  }
}
