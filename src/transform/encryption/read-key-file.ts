import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'

/** A key, certificate or passphrase of this machine. @throws LadingError `io`, `too-large` */
export async function readKeyFile(path: string): Promise<Buffer> {
  try {
    return await readSmallFile(path)
  } catch (error) {
    const failure = fromFileError(error, {})
    if (!(failure instanceof LadingError)) throw failure
    throw failure.with({ operation: 'read the key', side: 'local', subject: path })
  }
}
